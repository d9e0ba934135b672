package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What docs/rules.md promises of the toolkit, where no other test shows it. */
@Tag("fiber-modes-2")
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ToolkitRulesTest {
  private static final int MILLION = 1_000_000;

  @TempDir private Path directory;

  // ---- async-no-std-block

  @Test
  void shouldTickOnWhileAFiberSleepsAsTheJdkDoes() {
    Loops.run(
        "nio",
        () -> {
          Thread[] sleeper = new Thread[1];
          try (Scope scope = Scope.open("sleeper")) {
            scope.start(() -> {
              sleeper[0] = Thread.currentThread();
              assertThatThrownBy(() -> Thread.sleep(Duration.ofDays(1)))
                  .isInstanceOf(InterruptedException.class);
            });
            Ticker ticker = Ticker.every(Duration.ofMillis(1));
            for (int i = 0; i < 20; i++) {
              ticker.await();
            }
            sleeper[0].interrupt();
            scope.join();
          }
        });
  }

  // ---- chan-bounded-backpressure

  @Test
  void shouldHoldBackAProducerThatIsTenTimesTooFast() {
    Loops.run(
        "nio",
        () -> {
          Channel<Integer> channel = Channel.bounded(100);
          int[] most = new int[1];
          try (Scope scope = Scope.open("producer")) {
            scope.start(() -> {
              for (int i = 0; i < MILLION; i++) {
                channel.send(i);
                most[0] = Math.max(most[0], channel.size());
              }
              channel.close();
            });
            int expected = 0;
            for (int item : channel) {
              assertThat(item).isEqualTo(expected++);
              if (item % 10_000 == 0) {
                Fiber.yield(); // and the producer goes on until there is no room
              }
            }
            assertThat(expected).isEqualTo(MILLION);
          }
          assertThat(most[0]).isEqualTo(100);
        });
  }

  // ---- chan-broadcast-fanout

  @Test
  void shouldPublishWithoutWaitingWhoeverDoesNotListen() {
    Loops.run(
        "nio",
        () -> {
          Broadcast<Integer> broadcast = Broadcast.create(16);
          for (int i = 0; i < 100; i++) {
            Broadcast.Subscription<Integer> _ = broadcast.subscribe();
          }
          long turns = Loop.current().counters().turns();
          for (int i = 0; i < 1_000; i++) {
            broadcast.publish(i);
          }
          assertThat(Loop.current().counters().turns())
              .as("nobody was waited for")
              .isEqualTo(turns);
        });
  }

  // ---- chan-watch-state

  @Test
  void shouldWaitForAChangeWithoutATimer() {
    Loops.run(
        "nio",
        () -> {
          Watch<Integer> watch = Watch.create(0);
          try (Scope scope = Scope.open("viewer")) {
            Watch.View<Integer> view = watch.view();
            Fiber<?> viewer = scope.start("viewer", () -> view.next());
            Fiber.yield();
            Fiber.yield();
            assertThat(viewer.isAlive()).isTrue();
            assertThat(Loop.current().handles()).as("timers are handles while active").isEmpty();
            watch.set(1);
            viewer.join();
          }
        });
  }

  // ---- sync-atomic-counters

  @Test
  void shouldBeCountedOnTheLoopAndReadFromOutside() throws Exception {
    long[] seen = new long[1];
    boolean[] fell = new boolean[1];
    CountDownLatch reading = new CountDownLatch(3);
    try (Loop loop = Loop.open(Loops.options("nio"))) {
      Thread reader =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                  long now = loop.counters().turns();
                  fell[0] |= now < seen[0];
                  if (now > seen[0]) {
                    reading.countDown();
                  }
                  seen[0] = now;
                }
              });
      loop.run(() -> {
        for (int i = 0; i < 20_000 || reading.getCount() > 0; i++) {
          Fiber.yield();
        }
      });
      reader.interrupt();
      reader.join();
      assertThat(fell[0]).isFalse();
      assertThat(seen[0]).isPositive().isLessThanOrEqualTo(loop.counters().turns());
    }
  }

  // ---- sync-parking-lot

  @Test
  void shouldLeaveALockUsableAfterAnExceptionInsideOfIt() {
    Loops.run(
        "nio",
        () -> {
          Mutex mutex = Mutex.create("account");
          for (int i = 0; i < 10; i++) {
            assertThatThrownBy(
                    () -> {
                      try (var _ = mutex.hold()) {
                        Fiber.yield();
                        throw new IOException("in the middle");
                      }
                    })
                .isInstanceOf(IOException.class);
          }
          try (var _ = mutex.hold()) {
            Fiber.yield();
          }
        });
  }

  // ---- loop-event-types

  @Test
  void shouldNotCompileWhereAVariantHasNoCase() throws IOException {
    String all =
        """
        import gyre.sync.*;
        class Cases {
          static String text(BroadcastEvent<String> heard) {
            return switch (heard) {
              case Received.Value<String>(String value) -> value;
              case BroadcastEvent.Lagged<String>(long missed) -> "missed " + missed;
              case Received.Closed<String> closed -> "end";
              case Received.Failed<String>(Throwable reason) -> "failed";
            };
          }
        }
        """;
    assertThat(complaints(all)).isEmpty();
    for (String variant : List.of("Value", "Lagged", "Closed", "Failed")) {
      String without = all.replaceAll("(?m)^.*" + variant + "<.*\n", "");
      assertThat(complaints(without)).as(variant).contains("does not cover all possible input");
    }
  }

  private String complaints(String source) throws IOException {
    Path file = Files.writeString(directory.resolve("Cases.java"), source);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter complaints = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      String classPath = System.getProperty("java.class.path");
      List<String> options = List.of("-proc:none", "-d", directory.toString(), "-cp", classPath);
      compiler
          .getTask(complaints, files, null, options, null, files.getJavaFileObjects(file))
          .call();
    }
    return complaints.toString();
  }
}
