package gyre.lab;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Makes Ctrl-C an end instead of a loss: the work is told to stop, and what it has is kept. */
final class Interruption {
  private static final int SECONDS_TO_WRITE = 20;

  private static final CountDownLatch WRITTEN = new CountDownLatch(1);

  private Interruption() {}

  /** Runs {@code work}; a signal in the meantime runs {@code stop}, and waits for {@link #over}. */
  static <T> T during(Runnable stop, Supplier<T> work) {
    Thread hook =
        new Thread(() -> {
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
