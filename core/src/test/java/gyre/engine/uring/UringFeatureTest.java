package gyre.engine.uring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.engine.Engine;
import gyre.engine.EngineUnavailable;
import gyre.engine.Errno;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The engine does its work without any one feature, and says what it has. */
@EnabledOnOs(OS.LINUX)
@Timeout(30)
class UringFeatureTest {
  @ParameterizedTest
  @EnumSource(Feature.class)
  void shouldWorkWithout(Feature feature) {
    try (TestPair pair = TestPair.open(UringOptions.defaults().without(Set.of(feature)))) {
      assertThat(pair.engine.features().split("[ ;]", -1))
          .doesNotContain(feature.name().toLowerCase(Locale.ROOT));
      for (int round = 0; round < 50; round++) {
        pair.sender.awaited = round % 2 == 0;
        pair.send(100 + 1000 * round);
      }
      assertThat(pair.receiver.bytes).isEqualTo(pair.sentBytes);
      assertThat(pair.receiver.isIdle()).isFalse();
    }
  }

  @Test
  void shouldWorkOnAPlainRing() {
    Set<Feature> all = EnumSet.allOf(Feature.class);
    try (TestPair pair = TestPair.open(UringOptions.defaults().without(all))) {
      assertThat(pair.engine.features()).startsWith(";");
      pair.send(100_000);
      assertThat(pair.receiver.bytes).isEqualTo(100_000);
    }
  }

  @Test
  void shouldGiveUpDeferringWithItsSingleIssuer() {
    Set<Feature> feature = Set.of(Feature.SINGLE_ISSUER);
    try (UringEngine engine = UringEngine.open(UringOptions.defaults().without(feature))) {
      assertThat(engine.features()).doesNotContain("defer_taskrun").contains("taskrun_flag");
    }
  }

  @Test
  void shouldRefuseSizesThatAreNoPowersOfTwo() {
    assertThatThrownBy(() -> UringOptions.defaults().submissionEntries(100))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("gyre.uring.submissionEntries can't be 100");
    assertThatThrownBy(() -> UringOptions.defaults().bufferBytes(5000))
        .hasMessage("gyre.uring.bufferBytes can't be 5000");
  }

  @Test
  void shouldRefuseBuffersThatAreLargerThanAllOfThemMayBe() {
    UringOptions small = UringOptions.defaults().bufferBytes(4096).bufferLimitBytes(8192);
    assertThatThrownBy(() -> small.bufferBytes(16384))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("gyre.uring.bufferBytes can't be 16384");
    assertThatThrownBy(() -> small.bufferLimitBytes(1024))
        .hasMessage("gyre.uring.bufferLimitBytes can't be 1024");
  }

  @Test
  void shouldLeaveTheOptionsAsTheyWereThatOthersAreMadeOf() {
    UringOptions before = UringOptions.defaults();
    UringOptions changed = before.submissionEntries(8).poolLimitBytes(8L << 20);
    assertThat(changed.submissionEntries()).isEqualTo(8);
    assertThat(changed.poolLimitBytes()).isEqualTo(8L << 20);
    assertThat(before.submissionEntries()).isEqualTo(256);
    assertThat(before.poolLimitBytes()).isEqualTo(64L << 20);
  }

  @Test
  void shouldExplainWhyThereIsNoRing() {
    assertThat(UringSetup.explain(Errno.EPERM.negated()))
        .contains("not permitted")
        .contains("EPERM");
    assertThat(UringSetup.explain(Errno.ENOSYS.negated()))
        .contains("not offered")
        .contains("ENOSYS");
    assertThat(UringSetup.explain(Errno.ENOMEM.negated())).contains("ulimit -l");
    assertThat(new EngineUnavailable("reason")).hasMessage("reason");
  }

  @Test
  void shouldMakeNoCallWhenNothingIsQueuedAndCompletionsAreThere() {
    try (TestPair pair = TestPair.open(UringOptions.defaults())) {
      pair.send(10);
      long before = pair.engine.counters().waits;
      pair.engine.hurry();
      pair.engine.await(Engine.FOREVER);
      pair.engine.await(0);
      assertThat(pair.engine.counters().waits).isEqualTo(before);
    }
  }
}
