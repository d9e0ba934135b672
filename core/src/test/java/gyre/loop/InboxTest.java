package gyre.loop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InboxTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 255, 256, 257, 511, 512, 513, 65_536})
  void shouldTakeAsManyPostsAsItsLimitSaysAndNotEndlesslyMore(int limit) {
    Inbox inbox = new Inbox(limit);
    int taken = 0;
    while (taken <= 2 * limit + 4 && inbox.post(() -> {})) {
      taken++;
    }
    assertThat(taken).isGreaterThanOrEqualTo(limit).isLessThan(2 * limit + 4);
    while (inbox.nextPost() != null) {
      taken--;
    }
    assertThat(taken).isZero();
    assertThat(inbox.isEmpty()).isTrue();
  }
}
