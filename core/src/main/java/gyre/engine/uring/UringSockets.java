package gyre.engine.uring;

import gyre.engine.EngineCounters;
import gyre.engine.kernel.KernelSockets;

/** The kernel's sockets, and the ring's table of them: it must not hold what is closed here. */
final class UringSockets extends KernelSockets {
  private final FixedFiles files;

  UringSockets(EngineCounters counters, FixedFiles files) {
    super(counters);
    this.files = files;
  }

  @Override
  public Object release(int descriptor) {
    files.forget(descriptor);
    return super.release(descriptor);
  }

  @Override
  public void close(int descriptor) {
    files.forget(descriptor);
    super.close(descriptor);
  }
}
