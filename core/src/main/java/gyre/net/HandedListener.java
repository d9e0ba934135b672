package gyre.net;

import gyre.Loop;
import gyre.spi.Internals;
import java.net.InetSocketAddress;

/**
 * A listening socket that another process has handed over by {@link UnixStream#handListeners}, and
 * that nobody has adopted yet: {@link ListenOptions#adopt} has a listener or a server go on with
 * it. Connections that wait in it are not lost. Belongs to the loop that has received it.
 */
public final class HandedListener implements AutoCloseable {
  private final Loop loop = Loop.current();
  private final InetSocketAddress address;
  private int descriptor;

  HandedListener(int descriptor, InetSocketAddress address) {
    this.descriptor = descriptor;
    this.address = address;
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return address;
  }

  /** The descriptor, which is the caller's now. */
  int take() {
    int taken = descriptor;
    if (taken < 0) {
      throw new IllegalStateException("the listener on " + address + " was adopted or closed");
    }
    if (Loop.current() != loop) {
      throw new IllegalStateException(
          "the listener on " + address + " was received by " + loop.name() + ": adopt it there");
    }
    descriptor = -1;
    return taken;
  }

  /** Closes it, unless it was adopted. On its loop. */
  @Override
  public void close() {
    if (descriptor >= 0) {
      Internals.engine(loop).sockets().close(take());
    }
  }
}
