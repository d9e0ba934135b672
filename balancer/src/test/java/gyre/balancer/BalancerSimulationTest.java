package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.balancer.BalancerWorld.Planted;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Storms over a balancer with eight targets. More seeds: {@code -Dgyre.balancer.seeds=10000}, from
 * {@code -Dgyre.balancer.firstSeed}.
 */
@Timeout(36_000)
final class BalancerSimulationTest {
  private static final int SEEDS = Integer.getInteger("gyre.balancer.seeds", 4);
  private static final long FIRST = Long.getLong("gyre.balancer.firstSeed", 1);
  private static final int SEARCHED = 12;

  @Test
  void shouldKeepItsPromisesInAnyStorm() {
    int whole = 0;
    int broken = 0;
    int downs = 0;
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      BalancerWorld world = new BalancerWorld(seed, Planted.NOTHING);
      world.run(seed % 2 == 0);
      whole += world.whole;
      broken += world.broken;
      downs += world.downs;
    }
    assertThat(whole).isGreaterThan(SEEDS * 10);
    assertThat(broken).as("storms break something").isPositive();
    assertThat(downs).as("targets were down").isPositive();
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NOTHING")
  void shouldFindWhatIsPlanted(Planted planted) {
    boolean isFound = false;
    for (long seed = 1; seed <= SEARCHED && !isFound; seed++) {
      try {
        new BalancerWorld(seed, planted).run(false);
      } catch (AssertionError | RuntimeException found) {
        isFound = true;
      }
    }
    assertThat(isFound).as(planted.toString()).isTrue();
  }
}
