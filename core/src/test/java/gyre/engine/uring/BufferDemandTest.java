package gyre.engine.uring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BufferDemandTest {
  private final BufferDemand demand = new BufferDemand(4, 24);

  /** So many are used in each turn, until they would have been reviewed twice. */
  private void use(int inTurn) {
    for (int all = 0; all < 2 * BufferDemand.REVIEW_AFTER; all += inTurn) {
      for (int i = 0; i < inTurn; i++) {
        demand.use();
      }
      demand.replenish();
    }
  }

  private void grow(int times) {
    for (int i = 0; i < times; i++) {
      assertThat(demand.grow()).isTrue();
      demand.replenish();
    }
  }

  @Test
  void shouldDoubleUpToTheLimit() {
    assertThat(demand.target()).isEqualTo(4);
    grow(2);
    assertThat(demand.target()).isEqualTo(16);
    grow(1);
    assertThat(demand.target()).isEqualTo(24);
    assertThat(demand.grow()).isFalse();
    assertThat(demand.target()).isEqualTo(24);
    assertThat(new BufferDemand(4, 2).target()).isEqualTo(2);
  }

  @Test
  void shouldNoticeWhoCountsOneShortageTwice() {
    assertThat(demand.grow()).isTrue();
    assertThatThrownBy(demand::grow).isInstanceOf(AssertionError.class);
  }

  @Test
  void shouldComeDownAgainWhenLessIsUsed() {
    grow(2);
    use(1);
    assertThat(demand.target()).isEqualTo(4);
    use(1);
    assertThat(demand.target()).isEqualTo(4); // never fewer than at first
  }

  @Test
  void shouldStayWhereHalfIsUsed() {
    grow(2);
    use(8);
    assertThat(demand.target()).isEqualTo(16);
    use(7);
    assertThat(demand.target()).isEqualTo(8); // and one of them is still unused
  }

  @Test
  void shouldRememberABurstUntilTheNextReview() {
    grow(2);
    for (int i = 0; i < 16; i++) {
      demand.use();
    }
    demand.replenish();
    for (int i = 16; i < BufferDemand.REVIEW_AFTER; i++) {
      demand.use();
      demand.replenish();
    }
    assertThat(demand.target()).isEqualTo(16);
    use(2);
    assertThat(demand.target()).isEqualTo(4);
  }
}
