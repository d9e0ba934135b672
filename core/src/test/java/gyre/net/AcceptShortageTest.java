package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.WatchedEngine;
import gyre.engine.Errno;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel is short of what a new connection takes: errors put in at the seam, virtual time. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AcceptShortageTest {
  /** Failures that may each be of one connection. */
  private static final int AT_ONCE = 8;

  /** Enough for the intervals to reach the longest. */
  private static final int FAILURES = 12;

  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  @Parameter String engine = "";

  private final List<String> reported = new ArrayList<>();

  private static byte exchange(TcpStream stream, int value) {
    stream.write(new byte[] {(byte) value});
    ByteBuffer one = ByteBuffer.allocate(1);
    stream.readFully(one);
    return one.get(0);
  }

  private static TcpListener echo() {
    TcpListener listener = TcpListener.bind("127.0.0.1", 0);
    listener.onConnection(stream -> stream.onData(stream::write));
    return listener;
  }

  @ParameterizedTest
  @EnumSource(names = {"EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"})
  void shouldBackOffServeTheOthersAndResumeByItself(Errno shortage) {
    backOffAndResume(shortage, 0);
  }

  @ParameterizedTest
  @EnumSource(names = {"EPERM", "EOPNOTSUPP", "ENOPROTOOPT", "ECONNABORTED"})
  void shouldBackOffFromWhatMayBeOfOneConnectionButGoesOn(Errno error) {
    backOffAndResume(error, AT_ONCE);
  }

  /** Of the failures the first {@code atOnce} are not waited after. */
  private void backOffAndResume(Errno shortage, int atOnce) {
    WatchedEngine watched = WatchedEngine.of(Loops.options(engine));
    LoopOptions options =
        Loops.options(engine)
            .engine(() -> watched)
            .failures((source, e) -> reported.add(source + ": " + e.getMessage()));
    Loops.runReporting(
        options,
        () -> {
          TcpListener before = echo();
          TcpStream other = TcpStream.connect(before.address());
          assertThat(exchange(other, 1)).isEqualTo((byte) 1);

          watched.virtualTime();
          watched.acceptsNanos().clear();
          watched.failAccepts(Collections.nCopies(atOnce + FAILURES, shortage));
          TcpListener listener = echo();
          TcpStream late = TcpStream.connect(listener.address()); // by the kernel alone
          while (watched.hasAcceptErrors()) {
            assertThat(exchange(other, 2)).isEqualTo((byte) 2);
            Fiber.sleep(Duration.ofMillis(20));
          }
          assertThat(exchange(late, 3)).isEqualTo((byte) 3);
          assertThat(listener.connections()).isOne();

          late.close();
          other.close();
          listener.close();
          before.close();
        });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst()).contains("tcp-listener").contains(shortage.name());
    assertBackedOff(watched.acceptsNanos(), atOnce);
  }

  /** From 5 ms on each interval is twice the one before, up to a second. */
  private static void assertBackedOff(List<Long> all, int atOnce) {
    assertThat(all).hasSize(atOnce + FAILURES + 1);
    List<Long> begun = all.subList(atOnce, all.size());
    long[] expectedMillis =
        LongStream.iterate(5, last -> Math.min(1000, 2 * last)).limit(FAILURES).toArray();
    for (int i = 0; i < FAILURES; i++) {
      long interval = begun.get(i + 1) - begun.get(i);
      long expected = TimeUnit.MILLISECONDS.toNanos(expectedMillis[i]);
      assertThat(interval).as("interval %d", i).isBetween(expected, expected + 2 * TICK_NANOS);
    }
  }
}
