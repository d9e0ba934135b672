package gyre.sim;

import gyre.Loop;
import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.sim.engine.Chance;
import gyre.sim.engine.Machine;
import gyre.sim.engine.SimEngine;
import gyre.sim.engine.Trace;
import gyre.sim.engine.Universe;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

// Over 500 lines: what a script may ask of a world, and its one loop of steps.
/**
 * Hosts, the links between them, and the time that passes for all of them.
 *
 * <p>The loops of all hosts take turns on one thread, in an order that the seed decides; when none
 * has anything to do, time jumps to what happens next. Methods may be called before the world runs,
 * from the programs that run in it, and from {@link #after}.
 */
public final class World {
  private static final long LONGEST_STALL_NANOS = 50_000_000;

  /** Turns in a row of which each leaves more to do at once: some program goes in circles. */
  private static final int SPIN_LIMIT = 1_000_000;

  private static final int STEPS_BETWEEN_LOOKS = 256;

  private final Universe universe;
  private final Duration limit;
  private final long eventsLimit;
  private final @Nullable BooleanSupplier stop;
  private final @Nullable ParkCuts cuts;
  private final WorldEngine worldEngine;
  private final Weather weather;
  private final Chance turns;
  private final Chance ends;
  private final Chance versions;
  private final Map<String, Host> hosts = new LinkedHashMap<>();
  private final List<Program> programs = new ArrayList<>();
  private final List<Loop> abandoned = new ArrayList<>();
  private final List<Outcome.Report> reports = new ArrayList<>();
  private final List<Runnable> checks = new ArrayList<>(1);
  private final List<Program> ready = new ArrayList<>();
  private @Nullable Chance choices;
  private boolean running;

  /** Whether all that was waited for is over: nothing is run again from here on. */
  private boolean isEnding;

  private long turnCount;
  private long steps;
  private long turnsWithoutPause;
  private @Nullable SimulationFailure failure;

  World(
      long seed,
      Faults faults,
      Duration limit,
      LongPredicate admitted,
      Trace.@Nullable Listener listener,
      long eventsLimit,
      @Nullable BooleanSupplier stop,
      @Nullable ParkCuts cuts,
      WorldEngine engine) {
    this.universe = new Universe(seed, faults, listener, admitted);
    this.limit = limit;
    this.eventsLimit = eventsLimit;
    this.stop = stop;
    this.cuts = cuts;
    this.worldEngine = engine;
    this.weather = new Weather(this, universe);
    this.turns = universe.chance("turns");
    this.ends = universe.chance("ends");
    this.versions = universe.chance("versions of kernels");
    universe.onHostedLoop((machine, hosted) -> host(machine.name()).host(hosted));
    universe.onProcess((machine, process, command) -> host(machine.name()).start(process, command));
  }

  // ---- what it consists of

  /** The host of that name, made when it is first asked for. Others find it by its name. */
  public Host host(String name) {
    Host known = hosts.get(name);
    if (known == null) {
      Machine machine = universe.network().addMachine(name);
      known = new Host(this, machine);
      hosts.put(name, known);
    }
    return known;
  }

  /** The network between two hosts. */
  public Link link(String one, String other) {
    Machine there = host(one).machine();
    Machine back = host(other).machine();
    return new Link(
        this, universe.network().route(there, back), universe.network().route(back, there));
  }

  /** Runs {@code action} after a virtual time, outside of all loops: it must not wait. */
  public World after(Duration delay, Runnable action) {
    universe.at(universe.nowNanos() + delay.toNanos(), action);
    return this;
  }

  /** Virtual time since the world began. */
  public Duration elapsed() {
    return Duration.ofNanos(universe.nowNanos());
  }

  public long seed() {
    return universe.seed();
  }

  /** A number from 0 to {@code bound - 1} that the seed decides, for scripts and programs. */
  public int random(int bound) {
    return choices().below(bound);
  }

  private Chance choices() {
    Chance known = choices;
    if (known == null) {
      known = universe.chance("programs");
      choices = known;
    }
    return known;
  }

  /**
   * Runs {@code check} when all programs have ended, those of the background included; what it
   * throws fails the run.
   */
  public World afterwards(Runnable check) {
    checks.add(check);
    return this;
  }

  /** What the loops have told their failure listeners so far. */
  public List<Outcome.Report> reports() {
    return List.copyOf(reports);
  }

  // ---- running

  Outcome run(Consumer<? super World> script) {
    try {
      script.accept(this);
      for (Host host : hosts.values()) {
        host.ensureAddress();
        weather.drift(host.machine());
      }
      running = true;
      if (cuts != null) {
        cuts.begin(this);
      }
      for (Program program : List.copyOf(programs)) {
        program.start();
      }
      drive();
      shutDown();
      check();
    } finally {
      end();
    }
    if (failure != null) {
      throw failure;
    }
    return new Outcome(
        universe.seed(),
        universe.trace().hash(),
        universe.trace().events(),
        elapsed(),
        universe.chaos().injected(),
        universe.chaos().injectedByKind(),
        universe.chaos().numbered(),
        turnCount,
        List.copyOf(reports));
  }

  private void drive() {
    while (failure == null && !isOver()) {
      step();
    }
  }

  private boolean isOver() {
    boolean over = true;
    for (Program program : programs) {
      if (program.isAwaited() && !program.isOver()) {
        over = false;
      }
    }
    return over;
  }

  /** One turn of one loop, or a jump to what happens next. */
  private void step() {
    if (++steps % STEPS_BETWEEN_LOOKS == 0 && !mayGoOn()) {
      return;
    }
    universe.fireDue();
    ready.clear();
    long nextNanos = Long.MAX_VALUE;
    weather.passTo(universe.nowNanos(), hosts.values());
    for (int i = 0; i < programs.size(); i++) {
      Program program = programs.get(i);
      if (program.stalledUntilNanos() > universe.nowNanos()) {
        nextNanos = Math.min(nextNanos, program.stalledUntilNanos());
      } else if (program.isReady()) {
        ready.add(program);
      } else if (ready.isEmpty() && program.isRunning()) {
        nextNanos = Math.min(nextNanos, timerNanos(program));
      }
    }
    if (!ready.isEmpty()) {
      turn(ready.get(ready.size() == 1 ? 0 : turns.below(ready.size())));
    } else {
      jump(Math.min(nextNanos, universe.nextEventNanos()));
    }
  }

  /** Every run has an end, whatever its programs and the network do to each other. */
  private boolean mayGoOn() {
    if (universe.trace().events() + steps > eventsLimit) {
      String most = String.format(Locale.ROOT, "%,d", eventsLimit);
      fail(
          SimulationFailure.Kind.TIMEOUT,
          "not over after " + most + " events, its limit: " + waiting(),
          null);
    } else if (stop != null && stop.getAsBoolean()) {
      fail(SimulationFailure.Kind.STOPPED, "stopped by whoever waited for it", null);
    }
    return failure == null;
  }

  private long timerNanos(Program program) {
    long nanos = program.deadlineNanos();
    SimEngine engine = program.engine();
    if (engine != null && engine.hasKernel() && nanos != Long.MAX_VALUE) {
      return Math.max(universe.nowNanos() + 1, engine.waitsUntilNanos());
    }
    return nanos == Long.MAX_VALUE
        ? nanos
        : universe.nowNanos() + Math.max(1, program.host().machine().realNanos(nanos));
  }

  private void turn(Program program) {
    turnCount++;
    SimEngine engine = program.engine();
    if (engine != null && universe.chaos().strikes(Fault.STALL, engine, null)) {
      long nanos = universe.chaos().of(Fault.STALL).below(LONGEST_STALL_NANOS);
      program.stallUntil(universe.nowNanos() + nanos);
      return;
    }
    if (++turnsWithoutPause > SPIN_LIMIT || universe.nowNanos() > limit.toNanos()) {
      fail(
          SimulationFailure.Kind.TIMEOUT,
          "not over after "
              + turnsWithoutPause
              + " turns without a pause, the last of "
              + program
              + ", which has "
              + program.left(),
          null);
      return;
    }
    universe.advanceTo(universe.nowNanos() + SimEngine.turnNanos(universe));
    try {
      program.turn();
    } catch (Throwable e) {
      fail(SimulationFailure.Kind.BROKEN, program + " broke its loop: " + e, e);
    }
    boolean ignored = program.isOver(); // notices it
    checkNobodyReachedIn();
  }

  private boolean checkNobodyReachedIn() {
    Throwable intruder = universe.intruder();
    if (intruder != null) {
      fail(
          SimulationFailure.Kind.NOT_DETERMINISTIC,
          String.valueOf(intruder.getMessage()),
          intruder);
    }
    return intruder == null;
  }

  /** The one clock would race the other. */
  private boolean checkNobodyWaitsByClock() {
    for (int i = 0; i < programs.size(); i++) {
      String job = programs.get(i).jobThatWaitsByClock();
      if (job != null) {
        fail(
            SimulationFailure.Kind.NOT_DETERMINISTIC,
            "not deterministic: "
                + job
                + " waits by the real clock while virtual time passes; let the fiber that hands it"
                + " over wait instead, by Fiber.sleep or Cancellation.within",
            null);
        return false;
      }
    }
    return true;
  }

  private void jump(long nanos) {
    if (!checkNobodyReachedIn() || !checkNobodyWaitsByClock()) {
      return;
    }
    if (isEnding && isShutDown()) {
      return; // the last one has just crashed
    }
    if (nanos == Long.MAX_VALUE) {
      fail(SimulationFailure.Kind.DEADLOCK, "nothing can happen any more: " + waiting(), null);
    } else if (nanos > limit.toNanos()) {
      fail(SimulationFailure.Kind.TIMEOUT, "not over after " + limit + ": " + waiting(), null);
    } else {
      turnsWithoutPause = 0;
      universe.advanceTo(
          Math.clamp(
              weather.nextNanos(), universe.nowNanos(), Math.max(nanos, universe.nowNanos())));
    }
  }

  private String waiting() {
    StringBuilder text = new StringBuilder();
    for (Program program : programs) {
      if (program.isAwaited() && !program.isOver()) {
        text.append(text.isEmpty() ? "" : ", ").append(program).append(" waits");
        program.blockedJobs().forEach(job -> text.append(" for ").append(job));
      }
    }
    return text.append(new Liveness(programs)).toString();
  }

  /** Those that nobody waited for end in an orderly way. */
  private void shutDown() {
    isEnding = true;
    programs.forEach(Program::shutDown);
    while (failure == null && !isShutDown()) {
      step();
    }
  }

  private boolean isShutDown() {
    boolean down = true;
    for (Program program : programs) {
      down &= program.isShutDown();
    }
    return down;
  }

  private void check() {
    for (Runnable check : checks) {
      if (failure == null) {
        try {
          check.run();
        } catch (Throwable e) {
          fail(SimulationFailure.Kind.PROGRAM, String.valueOf(e.getMessage()), e);
        }
      }
    }
  }

  private void end() {
    running = false;
    universe.end();
    for (Program program : programs) {
      Loop loop = program.abandon();
      if (loop != null) {
        abandoned.add(loop);
      }
    }
    for (Loop loop : abandoned) {
      close(loop);
    }
    for (SimEngine engine : universe.engines()) {
      if (!engine.leftBehind().isEmpty()) {
        String what = engine.label() + " was closed and left behind: " + engine.leftBehind();
        fail(SimulationFailure.Kind.LEAK, what, null);
      }
    }
    if (!universe.adrift().isEmpty()) {
      String what = "handed to other loops, and left behind on the way: " + universe.adrift();
      fail(SimulationFailure.Kind.LEAK, what, null);
    }
  }

  private void close(Loop loop) {
    try {
      loop.close();
    } catch (Throwable e) {
      fail(SimulationFailure.Kind.BROKEN, loop + " could not be closed: " + e, e);
    }
  }

  // ---- from its parts

  boolean isRunning() {
    return running;
  }

  Universe universe() {
    return universe;
  }

  /** What a loop of a process has for an engine. */
  Engine engineAbove(SimEngine process, EngineOptions options) {
    return worldEngine.above(process, options, versions);
  }

  void script(String what) {
    universe.script(what);
  }

  void added(Program program) {
    programs.add(program);
    if (running) {
      program.host().ensureAddress();
      startSoon(program);
    }
  }

  /** Not inside of another's turn, which may be where this is asked for. */
  private void startSoon(Program program) {
    universe.at(
        universe.nowNanos(),
        () -> {
          if (running && program.host().isUp() && program.isStartable()) {
            program.start();
          }
        });
  }

  /** Of a host that restarts. */
  private void startAgainSoon(Program program) {
    universe.at(
        universe.nowNanos(),
        () -> {
          if (running && !isEnding && program.host().isUp() && program.isStartable()) {
            program.start();
          }
        });
  }

  /**
   * A program's main has thrown. One of the background may fail, as when the world is over before
   * it; but what it asserts must hold.
   */
  void failed(Program program, Throwable thrown) {
    boolean isExcused = cuts != null && cuts.excuses(thrown);
    if (running && !isExcused && (program.isAwaited() || thrown instanceof AssertionError)) {
      fail(SimulationFailure.Kind.PROGRAM, program + " failed: " + thrown, thrown);
    }
  }

  void reported(String loop, String source, Throwable problem) {
    if (running) {
      reports.add(new Outcome.Report(loop, source, problem));
      universe.reported(loop + " reports of " + source + ": " + problem);
      if (problem instanceof AssertionError) {
        fail(SimulationFailure.Kind.BROKEN, loop + ", " + source + ": " + problem, problem);
      }
    }
  }

  private void fail(SimulationFailure.Kind kind, String what, @Nullable Throwable cause) {
    if (failure == null) {
      universe.failed(what.lines().findFirst().orElse(what));
      failure =
          new SimulationFailure(
              kind,
              universe.seed(),
              "seed " + universe.seed() + " after " + elapsed() + ": " + what,
              cause);
    } else if (cause != null) {
      failure.addSuppressed(cause);
    }
  }

  void crash(Host host) {
    if (host.isUp()) {
      script(host.name() + " crashes");
      host.machine().crash();
      for (Program program : host.programs()) {
        Loop loop = program.abandon();
        if (loop != null) {
          abandoned.add(loop);
        }
      }
      forgetGone(host);
    }
  }

  private void forgetGone(Host host) {
    host.forgetGone();
    programs.removeIf(Program::isGone);
  }

  /** Ends a loop of a group, within a time and outside of all turns. */
  void endSoon(long longestNanos, GroupMember ending) {
    long nanos = universe.nowNanos() + ends.below(longestNanos);
    universe.at(
        nanos,
        () -> {
          try {
            ending.end();
          } catch (Throwable e) {
            fail(SimulationFailure.Kind.BROKEN, ending + " could not be closed: " + e, e);
          }
          forgetGone(ending.host());
        });
  }

  /** Ends a child that has returned from its main, outside of all turns. */
  void endSoon(ChildRun ending) {
    universe.at(
        universe.nowNanos(),
        () -> {
          try {
            ending.end();
          } catch (Throwable e) {
            fail(SimulationFailure.Kind.BROKEN, ending + " could not be closed: " + e, e);
          }
          forgetGone(ending.host());
        });
  }

  /** A child that was killed: its loop is closed when the world ends. */
  void abandonChild(ChildRun killed) {
    Loop loop = killed.abandon();
    if (loop != null) {
      abandoned.add(loop);
    }
    forgetGone(killed.host());
  }

  void restart(Host host) {
    if (!host.isUp()) {
      script(host.name() + " restarts");
      host.machine().restart();
      host.programs().forEach(this::startAgainSoon);
    }
  }
}
