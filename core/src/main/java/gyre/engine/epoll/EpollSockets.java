package gyre.engine.epoll;

import gyre.engine.EngineCounters;
import gyre.engine.kernel.KernelSockets;
import gyre.sys.CallState;

/** Keeps the engine's table true to what is open. */
final class EpollSockets extends KernelSockets {
  private final EpollEngine engine;

  EpollSockets(EpollEngine engine, EngineCounters counters, CallState calls) {
    super(counters, calls);
    this.engine = engine;
  }

  @Override
  public Object release(int descriptor) {
    engine.unregister(descriptor);
    return super.release(descriptor);
  }

  /** The kernel takes a closed descriptor out of epoll by itself. */
  @Override
  public void close(int descriptor) {
    engine.abandon(descriptor);
    super.close(descriptor);
  }
}
