package gyre.sim;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.ShutdownOptions;
import gyre.Task;
import gyre.engine.EngineOptions;
import gyre.sim.engine.SimEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A program of a host, and the loop that it runs on in this life of the host. */
final class Program {
  private static final int LEFT_LIMIT = 12;

  private final World world;
  private final Host host;
  private final String name;
  private final Task main;
  private final boolean awaited;
  private @Nullable SimEngine engine;
  private @Nullable Loop loop;
  private @Nullable Fiber<?> supervisor;
  private boolean over;
  private long stalledUntilNanos;

  Program(World world, Host host, String name, Task main, boolean awaited) {
    this.world = world;
    this.host = host;
    this.name = name;
    this.main = main;
    this.awaited = awaited;
  }

  /** Opens a loop and begins to run on it. */
  Loop start() {
    SimEngine opened =
        SimEngine.open(world.universe(), host.machine(), name, EngineOptions.defaults());
    LoopOptions options =
        host.options(LoopOptions.defaults())
            .name(name)
            .engine(() -> opened)
            .failures((source, failure) -> world.reported(name, source, failure));
    engine = opened;
    Loop started = Loop.open(options);
    loop = started;
    over = false;
    supervisor =
        started.begin(() -> {
          main.run();
          return true;
        });
    return started;
  }

  /** Whether there is a loop that could have something to do. */
  boolean isRunning() {
    return loop != null;
  }

  /** Whether a turn would find something to do at once. */
  boolean isReady() {
    Loop present = loop;
    SimEngine below = engine;
    return present != null
        && below != null
        && (below.needsTurn() || present.nextDeadlineNanos() == 0);
  }

  /** Until its next timer, in the time of its host. */
  long deadlineNanos() {
    Loop present = loop;
    return present == null ? Long.MAX_VALUE : present.nextDeadlineNanos();
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
    present.turn(Duration.ZERO);
  }

  /** Whether the program has ended, one way or the other. */
  boolean isOver() {
    Fiber<?> present = supervisor;
    if (!over && present != null && !present.isAlive()) {
      over = true;
      world.ended(this);
    }
    return over;
  }

  void throwOutcome() {
    Fiber<?> present = supervisor;
    assert present != null;
    present.outcome();
  }

  void shutDown() {
    if (loop != null && !isOver()) {
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
    supervisor = null;
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

  Host host() {
    return host;
  }

  String name() {
    return name;
  }

  boolean isAwaited() {
    return awaited;
  }

  @Override
  public String toString() {
    return name;
  }
}
