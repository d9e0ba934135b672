package gyre.loop;

import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Finds out once whether this process can carry fibers on the thread of their loop, by carrying one
 * virtual thread through start, yield and end on the calling thread.
 *
 * <p>It also makes the JDK start its own socket poller from a platform thread. Were that first
 * touched from inside a fiber, the poller's threads would inherit the loop as their scheduler, and
 * blocking sockets elsewhere in the process would hang once that loop is gone.
 */
final class FiberModeProbe {
  static final boolean IS_NATIVE_POSSIBLE = probe();

  private FiberModeProbe() {}

  private static boolean probe() {
    String wanted = System.getProperty("gyre.fibers", "auto");
    switch (wanted) {
      case "auto", "native" -> {}
      case "baton" -> {
        return false;
      }
      default ->
          throw new IllegalArgumentException(
              "-Dgyre.fibers=" + wanted + ": valid are auto, native, baton");
    }
    String problem = tryNative();
    if (problem == null) {
      return true;
    }
    if (wanted.equals("native")) {
      throw new IllegalStateException("-Dgyre.fibers=native: " + problem);
    }
    System.getLogger("gyre")
        .log(
            Level.WARNING,
            "Fibers run on ordinary virtual threads ("
                + problem
                + "), which costs about twice the"
                + " CPU time. Start Java with --add-opens java.base/java.lang=ALL-UNNAMED.");
    return false;
  }

  @SuppressWarnings("ThreadPriorityCheck") // the probe is its own scheduler
  private static @Nullable String tryNative() {
    try {
      Queue<Runnable> queue = new ArrayDeque<>();
      int[] steps = {0};
      Thread probe =
          NativeFibers.newThread(
              queue::add,
              "gyre-probe",
              () -> {
                steps[0]++;
                Thread.yield();
                steps[0]++;
              });
      probe.start();
      for (int i = 0; i < 8 && !queue.isEmpty(); i++) {
        queue.remove().run();
      }
      if (steps[0] != 2 || probe.isAlive()) {
        return "a trial fiber did not run to its end";
      }
      startPoller();
      return null;
    } catch (LinkageError | RuntimeException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return String.valueOf(cause.getMessage());
    }
  }

  private static void startPoller() {
    try {
      Class.forName("sun.nio.ch.Poller", true, null);
    } catch (ClassNotFoundException e) {
      // A JDK without that class has nothing to protect.
    }
  }
}
