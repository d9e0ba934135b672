package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class HealthTrackTest {
  private final HealthTrack track = new HealthTrack();

  private String states(String results, int rise, int fall) {
    StringBuilder states = new StringBuilder();
    for (int i = 0; i < results.length(); i++) {
      states.append(track.result(results.charAt(i) == '+', rise, fall) ? 'u' : 'd');
    }
    return states.toString();
  }

  @Test
  void shouldDecideByTheFirstResult() {
    assertThat(states("-", 2, 3)).isEqualTo("d");
    track.forget();
    assertThat(states("+", 2, 3)).isEqualTo("u");
  }

  @Test
  void shouldTakeAsManyInARowAsTheRulesSay() {
    assertThat(states("+--+---+-++", 2, 3)).isEqualTo("uuuuuuddddu");
  }

  @Test
  void shouldSayWhetherItIsOnItsWay() {
    states("+-", 2, 3);
    assertThat(track.isChanging()).isTrue();
    states("+", 2, 3);
    assertThat(track.isChanging()).isFalse();
    states("---", 2, 3);
    assertThat(track.isChanging()).isFalse();
  }
}
