package gyre.sim.scenario;

import gyre.CancelledException;
import gyre.ClosedException;
import gyre.Fiber;
import gyre.Loop;
import gyre.engine.Errno;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.Outcome;
import gyre.sim.Simulation;
import gyre.sim.World;
import gyre.sim.fault.Faults;
import java.time.Duration;

/** A scenario whose faults the seed decides about, and what these have in common. */
abstract class Weathered implements Scenario {
  static final int PORT = 7000;
  private static final Duration LIMIT = Duration.ofHours(6);

  /** Several times what the busiest of thousands of seeds has needed. */
  private static final long EVENTS_LIMIT = 20_000_000;

  private static final int TRIES = 100;

  private final String name;
  private final String description;

  Weathered(String name, String description) {
    this.name = name;
    this.description = description;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final String description() {
    return description;
  }

  @Override
  public final Simulation simulation(long seed) {
    return Simulation.seed(seed)
        .faults(faults(Plan.of(seed, name)))
        .limit(LIMIT)
        .eventsLimit(EVENTS_LIMIT)
        .world(world -> {
          Plan plan = Plan.of(seed, name);
          build(world, plan);
          world.afterwards(() -> checkReports(world, plan));
        });
  }

  abstract void build(World world, Plan plan);

  /** What goes wrong: of some kinds a scenario may need more than others do. */
  Faults faults(Plan plan) {
    return plan.faults();
  }

  /** What a loop reports is a failure that nobody waited for: only broken weather explains it. */
  void checkReports(World world, Plan plan) {
    for (Outcome.Report report : world.reports()) {
      if (!isExpected(report, plan)) {
        throw new AssertionError(
            report.loop() + " reports of " + report.source() + ": " + report.failure(),
            report.failure());
      }
    }
  }

  boolean isExpected(Outcome.Report report, Plan plan) {
    return plan.isRough() && isWeather(report.failure());
  }

  /** Whether it is what a broken network or a kernel in need does to a program. */
  static boolean isWeather(Throwable failure) {
    return failure instanceof IoException
        || failure instanceof CancelledException
        || failure instanceof ClosedException;
  }

  /** Listens as soon as the kernel lets it. */
  static TcpListener listen(int port, ListenOptions options, Plan plan) {
    for (int tries = 1; ; tries++) {
      try {
        return TcpListener.bind("0.0.0.0", port, options);
      } catch (IoException e) {
        if (!plan.isRough() || tries == TRIES) {
          throw e;
        }
        Fiber.sleep(Duration.ofMillis(10));
      }
    }
  }

  /** Connects as soon as somebody listens. */
  static TcpStream connect(String host, StreamOptions options) {
    for (int tries = 1; ; tries++) {
      try {
        return TcpStream.connect(host, PORT, options);
      } catch (IoException e) {
        if (e.errno() != Errno.ECONNREFUSED.number() || tries == TRIES) {
          throw e;
        }
        Fiber.sleep(Duration.ofMillis(20));
      }
    }
  }

  /** Nothing is left open on the loop of the caller. */
  static void checkNothingOpen(String who) {
    Loop loop = Loop.current();
    if (!loop.handles().isEmpty()) {
      throw new AssertionError(who + " has left open: " + loop.handles());
    }
  }

  static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
