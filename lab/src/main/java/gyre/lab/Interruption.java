package gyre.lab;

import gyre.lab.race.Children;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Makes Ctrl-C and SIGTERM an end instead of a loss: the work is told to stop, what it has is kept,
 * and what it has made for itself is tidied away.
 */
final class Interruption {
  private static final int SECONDS_TO_WRITE = 20;

  private static final CountDownLatch WRITTEN = new CountDownLatch(1);
  private static volatile boolean requested;

  private Interruption() {}

  /** Runs {@code work}; a signal in the meantime runs {@code stop}, and waits for {@link #over}. */
  static <T> T during(Runnable stop, Supplier<T> work) {
    Thread hook =
        new Thread(() -> {
          requested = true;
          stop.run();
          try {
            boolean _ = WRITTEN.await(SECONDS_TO_WRITE, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return work.get();
    } finally {
      remove(hook);
    }
  }

  /**
   * Runs {@code work}, which is tidied up after also where a signal ends it: all processes that it
   * has started end, and it with them.
   *
   * @param ended says what the end means for what was to be done
   */
  static void tidily(Runnable work, Runnable ended) {
    try {
      Object ignored =
          during(
              () -> {
                Children.end();
                ProcessHandle.current().descendants().forEach(ProcessHandle::destroy);
              },
              () -> {
                work.run();
                return work;
              });
    } catch (RuntimeException e) {
      if (!requested) {
        throw e; // else it failed because of the signal
      }
      ended.run();
    } finally {
      over();
    }
  }

  /** Throws where a signal has asked for the end: then what has failed says nothing. */
  static void check() {
    if (requested) {
      throw new LabException("interrupted");
    }
  }

  /** All is written: the process may end. */
  static void over() {
    WRITTEN.countDown();
  }

  private static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // It is running, and will end after what is written now.
    }
  }
}
