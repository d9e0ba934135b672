package gyre.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.CancelledException;
import gyre.ClosedException;
import gyre.Deadline;
import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.Loops;
import gyre.ShutdownOptions;
import gyre.Source;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Signals of this very JVM, sent by kill. */
@Tag("fiber-modes")
@EnabledOnOs(OS.LINUX)
@ResourceLock("signals")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SignalStreamTest {
  @Parameter String engine = "";

  private static void kill(OsSignal signal) throws Exception {
    Fiber.offload(() -> {
      Kill.self(signal, 1);
      return true;
    });
  }

  @ParameterizedTest
  @EnumSource(names = {"INT", "TERM", "HUP", "USR1", "WINCH", "CONT", "TSTP"})
  void shouldDeliver(OsSignal signal) {
    Loops.run(
        engine,
        () -> {
          try (SignalStream signals = SignalStream.open(signal)) {
            kill(signal);
            assertThat(signals.next()).isEqualTo(new SignalEvent(signal, 1));
            assertThat(signals.poll()).isEmpty();
            kill(signal);
            assertThat(signals.next().signal()).isEqualTo(signal);
          }
        });
  }

  @Test
  void shouldTellWhichOfSeveralHasCome() {
    Loops.run(
        engine,
        () -> {
          try (SignalStream signals = SignalStream.open(OsSignal.WINCH, OsSignal.USR1)) {
            assertThat(signals.name()).contains("USR1, WINCH");
            kill(OsSignal.WINCH);
            assertThat(signals.next().signal()).isEqualTo(OsSignal.WINCH);
            kill(OsSignal.USR1);
            assertThat(signals.next().signal()).isEqualTo(OsSignal.USR1);
          }
        });
  }

  @Test
  void shouldCountWhatComesBeforeItIsTaken() {
    Loops.run(
        engine,
        () -> {
          try (SignalStream signals = SignalStream.open(OsSignal.USR1, OsSignal.WINCH)) {
            Kill.self(OsSignal.USR1, 100); // blocks the loop meanwhile
            kill(OsSignal.WINCH);
            int events = 0;
            int count = 0;
            for (SignalEvent e = signals.next(); e.signal() != OsSignal.WINCH; e = signals.next()) {
              events++;
              count += e.count();
            }
            // The threads that bring two signals may overtake each other.
            for (SignalEvent e; count < 1; count += e.count(), events++) {
              e = signals.next();
            }
            assertThat(events).isLessThanOrEqualTo(count);
            assertThat(count).isBetween(1, 100);
          }
        });
  }

  @Test
  void shouldTellEverySubscriberOnEveryLoop() throws Exception {
    try (LoopGroup group = LoopGroup.open(2, Loops.options(engine))) {
      List<CompletableFuture<SignalEvent>> told = new ArrayList<>();
      CountDownLatch open = new CountDownLatch(4);
      for (int i = 0; i < 4; i++) {
        told.add(
            group
                .loop(i % 2)
                .callAsync(() -> {
                  try (SignalStream signals = SignalStream.open(OsSignal.USR1)) {
                    open.countDown();
                    return signals.next();
                  }
                }));
      }
      open.await();
      Kill.self(OsSignal.USR1, 1);
      for (CompletableFuture<SignalEvent> each : told) {
        assertThat(each.get()).isEqualTo(new SignalEvent(OsSignal.USR1, 1));
      }
    }
  }

  @Test
  void shouldGiveTheSignalBackToWhoHadIt() throws Exception {
    CountDownLatch own = new CountDownLatch(1);
    Object before = handle("USR1", own::countDown);
    try {
      Loops.run(
          engine,
          () -> {
            SignalStream first = SignalStream.open(OsSignal.USR1);
            SignalStream second = SignalStream.open(OsSignal.USR1);
            first.close();
            kill(OsSignal.USR1);
            assertThat(second.next().count()).isEqualTo(1);
            assertThat(own.getCount()).as("not told while somebody subscribes").isEqualTo(1);
            second.close();
          });
      Kill.self(OsSignal.USR1, 1);
      own.await();
    } finally {
      handle("USR1", before);
    }
  }

  @Test
  void shouldLeaveTheSignalToWhoHasTakenItMeanwhile() throws Exception {
    CountDownLatch own = new CountDownLatch(1);
    Object[] before = new Object[1];
    try {
      Loops.run(
          engine,
          () -> {
            try (SignalStream signals = SignalStream.open(OsSignal.WINCH)) {
              before[0] = handle("WINCH", own::countDown);
              assertThat(signals.isOpen()).isTrue();
            }
          });
      Kill.self(OsSignal.WINCH, 1);
      own.await();
    } finally {
      handle("WINCH", defaultHandler());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"QUIT", "USR2", "CHLD", "KILL", "STOP", "SEGV", "FPE", "ILL", "BUS", "PIPE"})
  void shouldRefuseWithTheReason(OsSignal signal) {
    Loops.run(
        engine,
        () ->
            assertThatThrownBy(() -> SignalStream.open(OsSignal.USR1, signal))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("receive SIG" + signal + ": ")
                .hasMessageEndingWith(signal.refusal().orElseThrow()));
  }

  @Test
  void shouldCallAHandlerAlsoAfterItHasThrown() throws Exception {
    List<String> reported = new ArrayList<>();
    List<OsSignal> told = new ArrayList<>();
    Loops.runReporting(
        Loops.options(engine).failures((source, e) -> reported.add(e.getMessage())),
        () -> {
          SignalStream signals = SignalStream.open(OsSignal.USR1, OsSignal.WINCH);
          signals.onSignal(event -> {
            told.add(event.signal());
            if (event.signal() == OsSignal.WINCH) {
              signals.close();
            }
            throw new IllegalStateException("planned");
          });
          assertThatThrownBy(signals::next).isInstanceOf(IllegalStateException.class);
          kill(OsSignal.USR1);
          Fiber.await(once(() -> !told.isEmpty()));
          kill(OsSignal.WINCH);
        });
    assertThat(told).containsExactly(OsSignal.USR1, OsSignal.WINCH);
    assertThat(reported).containsExactly("planned", "planned");
  }

  /** Asks every millisecond: ready once it is true. */
  private static Source once(BooleanSupplier done) {
    Fiber<?> asking =
        Fiber.start(() -> {
          while (!done.getAsBoolean()) {
            Fiber.sleep(Duration.ofMillis(1));
          }
        });
    return asking.end();
  }

  @Test
  void shouldBeOneOfSeveralThingsToWaitFor() {
    Loops.run(
        engine,
        () -> {
          try (SignalStream signals = SignalStream.open(OsSignal.USR1)) {
            Deadline soon = Deadline.in(Duration.ofMillis(1));
            assertThat(Fiber.awaitFirst(signals.arrived(), soon)).isEqualTo(soon);
            kill(OsSignal.USR1);
            assertThat(Fiber.awaitFirst(signals.arrived(), Deadline.in(Duration.ofDays(1))))
                .isEqualTo(signals.arrived());
            assertThat(signals.poll()).isPresent();
          }
        });
  }

  @Test
  void shouldTellAFiberThatItIsClosedUnderIt() {
    Loops.run(
        engine,
        () -> {
          SignalStream signals = SignalStream.open(OsSignal.USR1);
          Throwable[] thrown = new Throwable[1];
          Fiber<?> waiting =
              Fiber.start(() -> {
                try {
                  signals.next();
                } catch (ClosedException e) {
                  thrown[0] = e;
                }
              });
          Fiber.yield();
          signals.close();
          waiting.join();
          assertThat(thrown[0]).hasMessageContaining("waiting for signals-");
        });
  }

  @Test
  void shouldEndWithTheLoop() {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      loop.run(() -> {
        SignalStream pushed = SignalStream.open(OsSignal.WINCH);
        pushed.onSignal(event -> {});
        SignalStream signals = SignalStream.open(OsSignal.USR1);
        loop.shutdown(ShutdownOptions.defaults().drain(Duration.ofDays(1)));
        assertThatThrownBy(signals::next)
            .isInstanceOf(CancelledException.class)
            .hasMessageContaining("is idle while the loop shuts down");
        signals.close();
      });
      Loops.assertNothingLeft(loop);
    }
  }

  // ---- the class that the JDK warns of

  private static Object handle(String name, Runnable action) throws Exception {
    Class<?> type = Class.forName("sun.misc.SignalHandler");
    return handle(
        name,
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              if (method.getName().equals("handle")) {
                action.run();
                return null;
              }
              return method.getName().equals("equals")
                  ? self == arguments[0]
                  : (Object) System.identityHashCode(self);
            }));
  }

  private static Object handle(String name, Object handler) throws Exception {
    Class<?> type = Class.forName("sun.misc.Signal");
    Method handle = type.getMethod("handle", type, Class.forName("sun.misc.SignalHandler"));
    return handle.invoke(null, type.getConstructor(String.class).newInstance(name), handler);
  }

  private static Object defaultHandler() throws Exception {
    return Class.forName("sun.misc.SignalHandler").getField("SIG_DFL").get(null);
  }
}
