package gyre.sim;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.ShutdownOptions;
import gyre.sim.engine.SimCommand;
import gyre.sim.engine.SimEngine;
import gyre.sim.engine.SimProcess;
import org.jspecify.annotations.Nullable;

/**
 * A child process of a program of its host, on a loop of its own. It ends by itself, is killed, or
 * ends with its host or the world, and does not come again.
 */
final class ChildRun extends Program implements SimProcess.Body {
  private enum State {
    RUNNING,
    /** Its main has returned, and what is left on its loop ends. */
    DRAINING,
    /** Its loop is about to be closed. */
    ENDING,
    GONE
  }

  private final Executable executable;
  private final SimProcess process;
  private final SimCommand command;
  private @Nullable Fiber<Integer> supervisor;
  private State state = State.RUNNING;
  private int code;

  ChildRun(World world, Host host, Executable executable, SimProcess process, SimCommand command) {
    super(world, host, host.name() + "/" + command.program() + "-" + process.number());
    this.executable = executable;
    this.process = process;
    this.command = command;
    process.runBy(this);
  }

  @Override
  LoopOptions options() {
    return host().options(LoopOptions.defaults()).name(name());
  }

  @Override
  void opened(SimEngine engine) {
    engine.become(process);
  }

  @Override
  void begin(Loop opened) {
    Invocation invocation =
        new Invocation(
            process.number(),
            command.arguments().subList(1, command.arguments().size()),
            command.environment(),
            command.directory());
    supervisor = opened.driver().begin(() -> executable.run(invocation));
  }

  @Override
  boolean isStartable() {
    return state == State.RUNNING && !isRunning();
  }

  @Override
  boolean isOver() {
    Fiber<Integer> present = supervisor;
    Loop open = loop();
    if (open == null || present == null) {
      return state == State.GONE;
    }
    if (state == State.RUNNING && !present.isAlive()) {
      state = State.DRAINING;
      code = code(present);
      open.shutdown(ShutdownOptions.defaults());
    } else if (state == State.DRAINING && open.shutdownReport() != null) {
      state = State.ENDING;
      world().endSoon(this);
    }
    return state == State.GONE;
  }

  private int code(Fiber<Integer> ended) {
    try {
      return ended.outcome();
    } catch (Throwable e) {
      world().failed(this, e);
      return 1;
    }
  }

  /** It has returned, and its loop is closed. */
  void end() {
    Loop ended = abandon();
    if (ended != null) { // or else it was killed, or its host has crashed
      ended.close();
      process.exited(code);
    }
  }

  @Override
  public void kill() {
    SimEngine present = engine();
    if (present != null) {
      present.kill();
    }
    world().abandonChild(this);
  }

  @Override
  public void stop(boolean on) {
    stallUntil(on ? Long.MAX_VALUE : 0);
  }

  @Override
  boolean isReady() {
    return state != State.ENDING && super.isReady();
  }

  @Override
  long deadlineNanos() {
    return state == State.ENDING ? Long.MAX_VALUE : super.deadlineNanos();
  }

  @Override
  boolean isShutDown() {
    return loop() == null || isOver();
  }

  @Override
  boolean isGone() {
    return state == State.GONE;
  }

  @Override
  boolean isAwaited() {
    return false;
  }

  @Override
  @Nullable Loop abandon() {
    state = State.GONE;
    supervisor = null;
    return super.abandon();
  }
}
