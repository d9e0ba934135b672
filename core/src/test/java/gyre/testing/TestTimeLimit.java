package gyre.testing;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/**
 * Ends the tests where one of them takes longer than {@code -Dgyre.test.limitSeconds} says, which a
 * change that stops a loop for good makes it do: JUnit's own limit interrupts, and a thread that
 * waits in the kernel is not to be interrupted. Off unless said otherwise.
 */
public final class TestTimeLimit implements TestExecutionListener {
  private static final int LIMIT_SECONDS = Integer.getInteger("gyre.test.limitSeconds", 0);
  private static final int EXIT = 3;

  private final Map<String, Future<?>> limits = new ConcurrentHashMap<>();
  private @Nullable ScheduledExecutorService clock;

  @Override
  public void executionStarted(TestIdentifier test) {
    if (LIMIT_SECONDS > 0 && test.isTest()) {
      Future<?> limit = clock().schedule(() -> end(test), LIMIT_SECONDS, TimeUnit.SECONDS);
      limits.put(test.getUniqueId(), limit);
    }
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    Future<?> limit = limits.remove(test.getUniqueId());
    if (limit != null) {
      limit.cancel(false);
    }
  }

  private synchronized ScheduledExecutorService clock() {
    ScheduledExecutorService known = clock;
    if (known == null) {
      known =
          Executors.newSingleThreadScheduledExecutor(
              Thread.ofPlatform().daemon().name("test-time-limit").factory());
      clock = known;
    }
    return known;
  }

  private static void end(TestIdentifier test) {
    StringBuilder text = new StringBuilder();
    text.append(test.getUniqueId())
        .append(" has taken longer than ")
        .append(LIMIT_SECONDS)
        .append(" s\n");
    Thread.getAllStackTraces()
        .forEach((thread, frames) -> {
          text.append(thread).append('\n');
          for (StackTraceElement frame : frames) {
            text.append("    at ").append(frame).append('\n');
          }
        });
    System.err.println(text);
    System.err.flush();
    Runtime.getRuntime().halt(EXIT);
  }
}
