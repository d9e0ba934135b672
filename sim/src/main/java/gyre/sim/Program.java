package gyre.sim;

import gyre.Loop;
import gyre.LoopOptions;
import gyre.ShutdownOptions;
import gyre.sim.engine.SimEngine;
import gyre.spi.Internals;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What runs on a loop of a host, and that loop, in this life of the host. */
abstract sealed class Program permits MainProgram, GroupMember, ChildRun {
  private static final int LEFT_LIMIT = 12;
  private static final Duration LONGEST_WAIT = Duration.ofDays(36_500);

  /** By which two looks at one timer may differ, where the clock of a host drifts. */
  private static final long SLACK_NANOS = 10_000;

  private final World world;
  private final Host host;
  private final String name;
  private @Nullable SimEngine engine;
  private @Nullable Loop loop;
  private long stalledUntilNanos;

  Program(World world, Host host, String name) {
    this.world = world;
    this.host = host;
    this.name = name;
  }

  /** Opens a loop and begins to run on it. */
  void start() {
    stalledUntilNanos = 0; // what its host was before a crash is over
    SimEngine opened = SimEngine.open(world.universe(), host.machine(), name, host.engineOptions());
    LoopOptions options =
        options()
            .engine(() -> world.engineAbove(opened, host.engineOptions()))
            .failures((source, failure) -> world.reported(name, source, failure));
    engine = opened;
    opened(opened);
    Loop started = Loop.open(options);
    loop = started;
    if (opened.hasKernel()) {
      Internals.watchEngine(started);
    }
    begin(started);
  }

  /** Its engine is there, and its loop is not. */
  void opened(SimEngine newEngine) {}

  /** How to open the loop, but for what ties it to the world. */
  abstract LoopOptions options();

  /** Runs on a loop that has just been opened. */
  abstract void begin(Loop opened);

  /** Whether it can be started, now or after a restart of its host. */
  abstract boolean isStartable();

  /** Whether it has ended, one way or the other. */
  abstract boolean isOver();

  /** Whether it will never run again, so that nobody needs to know of it. */
  boolean isGone() {
    return false;
  }

  /** Whether the world goes on until it has. */
  abstract boolean isAwaited();

  /** Whether there is a loop that could have something to do. */
  boolean isRunning() {
    return loop != null;
  }

  /** Whether a turn would find something to do at once. */
  boolean isReady() {
    Loop present = loop;
    SimEngine below = engine;
    if (present == null || below == null) {
      return false;
    }
    // What waits in its inbox alone must have woken a loop that waits in a played kernel.
    return below.needsTurn()
        || (below.hasKernel()
            ? Internals.hasWork(present)
            : present.driver().nextDeadlineNanos() == 0);
  }

  /** Until its next timer, in the time of its host. */
  long deadlineNanos() {
    Loop present = loop;
    return present == null ? Long.MAX_VALUE : present.driver().nextDeadlineNanos();
  }

  /** Its machine gives it no time before. */
  void stallUntil(long nanos) {
    stalledUntilNanos = nanos;
  }

  long stalledUntilNanos() {
    return stalledUntilNanos;
  }

  @Nullable SimEngine engine() {
    return engine;
  }

  void turn() {
    Loop present = loop;
    assert present != null;
    SimEngine below = engine;
    boolean waits = below != null && below.hasKernel();
    long knownNanos = waits ? timerNanos(present) : 0;
    // A loop above a played kernel waits there, and is interrupted; see SimKernel.
    boolean hasMore = present.driver().turn(waits ? LONGEST_WAIT : Duration.ZERO);
    if (below != null && (hasMore || (waits && timerNanos(present) < knownNanos - SLACK_NANOS))) {
      below.runs(); // a timer that is younger than the wait: its thread is not in there any more
    }
  }

  /** When its next timer is due, in the time of the world; never, if it had something to do. */
  private long timerNanos(Loop present) {
    long nanos = present.driver().nextDeadlineNanos();
    return nanos == 0 || nanos == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : world.universe().nowNanos() + host.machine().realNanos(nanos);
  }

  void shutDown() {
    SimEngine below = engine;
    if (loop != null && below != null && !isOver()) {
      below.runs(); // as this is its thread, nothing wakes it
      loop.shutdown(ShutdownOptions.defaults());
    }
  }

  boolean isShutDown() {
    return loop == null || loop.shutdownReport() != null || isOver();
  }

  /** The loop of a host that has crashed; it is closed when the world ends. */
  @Nullable Loop abandon() {
    Loop left = loop;
    loop = null;
    engine = null;
    return left;
  }

  @Nullable Loop loop() {
    return loop;
  }

  List<String> blockedJobs() {
    SimEngine below = engine;
    return below == null ? List.of() : below.blockedJobs();
  }

  @Nullable String jobThatWaitsByClock() {
    SimEngine below = engine;
    return below == null ? null : below.jobThatWaitsByClock();
  }

  /** What lives on its loop, in as many words as a failure bears. */
  String left() {
    List<String> left = new ArrayList<>();
    Loop present = loop;
    if (present != null) {
      present.fibers().forEach(fiber -> left.add("fiber " + fiber.name()));
      present.handles().forEach(handle -> left.add(handle.kind() + " " + handle.name()));
    }
    left.addAll(blockedJobs());
    int more = left.size() - LEFT_LIMIT;
    return String.join(", ", left.subList(0, Math.min(left.size(), LEFT_LIMIT)))
        + (more > 0 ? " and " + more + " more" : "");
  }

  World world() {
    return world;
  }

  Host host() {
    return host;
  }

  String name() {
    return name;
  }

  @Override
  public String toString() {
    return name;
  }
}
