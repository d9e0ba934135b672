package gyre.loop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The states; that no wake-up is lost between threads is tested by the stress module. */
class DoorbellTest {
  private final Doorbell doorbell = new Doorbell();

  @Test
  void shouldNotWakeALoopThatIsAwake() {
    assertThat(doorbell.ring()).isFalse();
    doorbell.prepareToSleep();
    doorbell.awake();
    assertThat(doorbell.ring()).isFalse();
  }

  @Test
  void shouldWakeASleepingLoopOncePerSleep() {
    for (int i = 0; i < 3; i++) {
      doorbell.prepareToSleep();
      assertThat(doorbell.ring()).isTrue();
      assertThat(doorbell.ring()).isFalse();
      doorbell.awake();
    }
  }

  @Test
  void shouldAskTheNextOneToWakeWhereTheFirstCouldNot() {
    doorbell.prepareToSleep();
    assertThat(doorbell.ring()).isTrue();
    doorbell.wakeFailed();
    assertThat(doorbell.ring()).isTrue();
    doorbell.awake();
    doorbell.wakeFailed();
    assertThat(doorbell.ring()).isFalse();
  }
}
