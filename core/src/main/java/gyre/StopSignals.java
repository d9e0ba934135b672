package gyre;

import gyre.engine.Environment;
import gyre.loop.Logging;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The signals that end a program, for as long as it runs.
 *
 * <pre>
 *   RUNNING --INT, TERM--&gt; DRAINING --INT, TERM--&gt; FORCED --INT, TERM--&gt; what the JVM does
 *                             |                       |
 *                             '-----the last moment---'--&gt; the process is ended
 * </pre>
 *
 * <p>Signals come on threads of the JVM, so that each step takes the lock.
 */
final class StopSignals implements AutoCloseable {
  /** What a loop may take beyond the times of its shutdown before it counts as stuck. */
  private static final long MARGIN_NANOS = 1_000_000_000;

  /** How long the JVM's shutdown hooks may take after the last moment. */
  private static final long HOOKS_MILLIS = 1000;

  private static final int OF_SIGNALS = 128;

  private enum Stop {
    INT(2),
    TERM(15);

    final int number;

    Stop(int number) {
      this.number = number;
    }
  }

  private enum State {
    RUNNING,
    DRAINING,
    FORCED
  }

  private final Environment environment;
  private final List<Loop> loops;
  private final ShutdownOptions how;
  private final List<Environment.Subscription> subscriptions = new ArrayList<>();
  private State state = State.RUNNING;
  private @Nullable Stop first;
  private @Nullable Stop second;
  private Environment.@Nullable Subscription lastMoment;
  private boolean closed;

  @SuppressWarnings("this-escape") // for signals, which come when all else is set
  StopSignals(Environment environment, List<Loop> loops, ShutdownOptions how) {
    this.environment = environment;
    this.loops = loops;
    this.how = how;
    try {
      subscriptions.add(environment.signals().subscribe("HUP", () -> {}));
      for (Stop stop : Stop.values()) {
        subscriptions.add(environment.signals().subscribe(stop.name(), () -> arrived(stop)));
      }
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  private synchronized void arrived(Stop stop) {
    if (closed) {
      return;
    }
    switch (state) {
      case RUNNING -> {
        state = State.DRAINING;
        first = stop;
        loops.forEach(loop -> loop.shutdown(how));
        endAfter(how.totalNanos());
      }
      case DRAINING -> {
        state = State.FORCED;
        second = stop;
        loops.forEach(Loop::forceShutdown);
        endAfter(ShutdownOptions.IMMEDIATE.totalNanos());
        cancelSubscriptions();
      }
      case FORCED -> {} // was on its way already: the next one has the effect that the JVM gives it
    }
  }

  private void endAfter(long nanos) {
    cancelLastMoment();
    lastMoment = environment.lastMoment(nanos + MARGIN_NANOS, this::end);
  }

  private void cancelLastMoment() {
    if (lastMoment != null) {
      lastMoment.cancel();
    }
  }

  private void cancelSubscriptions() {
    subscriptions.forEach(Environment.Subscription::cancel);
    subscriptions.clear();
  }

  /** How it went, once it is over. */
  synchronized ExitStatus status(List<ShutdownReport> reports) {
    Stop forcing = second;
    boolean isClean = reports.stream().allMatch(ShutdownReport::isClean);
    int code = forcing != null ? OF_SIGNALS + forcing.number : isClean ? 0 : 1;
    return new ExitStatus(code, first == null ? "" : first.name(), reports);
  }

  /** A loop has not come to its end, and this thread is none of it. */
  private void end() {
    int code;
    synchronized (this) {
      if (closed) {
        return;
      }
      Stop forcing = second;
      code = forcing != null ? OF_SIGNALS + forcing.number : 1;
    }
    String where =
        loops.stream()
            .filter(loop -> !loop.isClosed())
            .map(Loop::whereItStands)
            .collect(Collectors.joining("; "));
    Logging.log(Level.ERROR, "the process is ended, the time for that is over: " + where, null);
    Thread hooks = Thread.ofPlatform().daemon().start(() -> Runtime.getRuntime().exit(code));
    try {
      hooks.join(HOOKS_MILLIS);
    } catch (InterruptedException e) {
      // Then without the hooks.
    }
    Runtime.getRuntime().halt(code);
  }

  @Override
  public synchronized void close() {
    closed = true;
    cancelLastMoment();
    cancelSubscriptions();
  }
}
