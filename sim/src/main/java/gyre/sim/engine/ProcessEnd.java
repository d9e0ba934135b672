package gyre.sim.engine;

import gyre.engine.Poll;
import gyre.engine.Sockets.Family;

/** A descriptor of a child process: readable once that has ended. */
final class ProcessEnd extends SimSocket {
  private final SimProcess process;
  private boolean isTold;

  ProcessEnd(Universe universe, Machine machine, SimProcess process) {
    super(universe, machine, Family.UNIX);
    this.process = process;
    process.watch(this);
  }

  SimProcess process() {
    return process;
  }

  @Override
  void progress(SimEngine trying) {
    Poll waiting = poll;
    if (waiting == null) {
      isTold = false;
    } else if (process.hasEnded() && !isTold) {
      isTold = true;
      trying.complete(waiting, Completion.Kind.READY, Poll.READABLE);
    }
  }

  @Override
  public int levels() {
    return process.hasEnded() ? Poll.READABLE : 0;
  }

  @Override
  void close() {
    if (!closed) {
      closed();
      process.unwatch(this);
    }
  }

  @Override
  void vanish() {
    close();
  }

  @Override
  String explain() {
    return describe() + ", " + process.state();
  }

  @Override
  String describe() {
    return "watch of " + process;
  }
}
