package gyre.sim.real;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The budget of random programs of an ordinary build: a fixed set, and some of the commit's own.
 * Long runs are {@code ./gyre sim --real}.
 */
class TortureTest {
  private static final long COMMIT = Long.getLong("gyre.sim.commit", 1);
  private static final long FIXED = 25;
  private static final long OWN = 25;
  private static final Duration LONGEST = Duration.ofSeconds(3);
  private static final Duration SHRINK = Duration.ofSeconds(10);

  private static void assertPasses(TortureOptions options) {
    StringWriter text = new StringWriter();
    TortureOptions bounded = options.time(LONGEST).shrinkTime(SHRINK);
    boolean passed = Torture.of(bounded, new PrintWriter(text, true)).hunt();
    assertThat(passed).as(text.toString()).isTrue();
  }

  @TestFactory
  Stream<DynamicTest> shouldPassOnTheRealKernel() {
    return TortureOptions.ENGINES.stream()
        .flatMap(engine ->
            Stream.of(
                dynamicTest(
                    engine + ", fixed programs",
                    () -> assertPasses(TortureOptions.of(List.of(engine), FIXED))),
                dynamicTest(
                    engine + ", programs of this commit",
                    () ->
                        assertPasses(
                            TortureOptions.of(List.of(engine), OWN).from(COMMIT * 100_000)))));
  }

  /** A reset that a send was told of looked like an orderly end: 30 of 30 times. */
  @Test
  void shouldNotFailAgain() {
    assertPasses(TortureOptions.of(List.of("io_uring"), 1).from(100_014));
  }

  @Test
  void shouldBeTheSameProgramForTheSameSeed() {
    Program program = Program.of("epoll", 7);

    assertThat(Program.of("epoll", 7)).isEqualTo(program);
    assertThat(Program.of("epoll", 8)).isNotEqualTo(program);
    assertThat(program.only(Set.of(2), Program.ALL_STEPS).lanes())
        .containsExactly(program.lanes().get(2));
  }

  @Test
  void shouldTellWhoseBytesAreReceived() {
    Connection connection = new Connection(3, false);
    Flow flow = connection.flow(false);
    byte[] own = Pattern.bytes(Pattern.source(3, false), 0, 100);
    byte[] foreign = Pattern.bytes(Pattern.source(9, true), 1_000, 100);

    flow.receive(own, 61);

    assertThatThrownBy(() -> flow.receive(foreign, 100))
        .hasMessageContaining("wrong bytes: at position 61 of connection 3 left to right")
        .hasMessageContaining("position 1000 on of connection 9 right to left");
  }

  @Test
  void shouldNotTakeAResetForAnOrderlyEnd() {
    Connection connection = new Connection(3, false);
    Flow flow = connection.flow(true);
    flow.writes(100);
    flow.wrote(100);
    connection.breakSoon();

    assertThatThrownBy(flow::receiveEnd).hasMessageContaining("an orderly end that nobody said");
    flow.endsSoon();
    assertThatThrownBy(flow::receiveEnd).hasMessageContaining("after 0 of 100 bytes");
  }

  @Test
  void shouldSayBytesOfNobody() {
    byte[] text = "bytes that come from somewhere else".getBytes(StandardCharsets.UTF_8);

    assertThat(Pattern.identify(text, 0, text.length)).isEqualTo("bytes of nobody");
  }
}
