package gyre.net;

import gyre.Scope;
import gyre.engine.Sockets.Option;
import gyre.spi.Resource;

/**
 * A handle that owns a socket.
 *
 * <p>The descriptor is the handle's from the call of the constructor on. If there can be no handle,
 * because the scope has ended, or begun to, while the socket was opened, the constructor closes it:
 * who opens sockets has nothing to clean up.
 */
abstract sealed class SocketHandle extends Resource permits Holder, SocketListener, UdpSocket {
  private final int descriptor;

  SocketHandle(Scope owner, int descriptor) {
    super(ownerOf(descriptor, owner));
    this.descriptor = descriptor;
  }

  private static Scope ownerOf(int descriptor, Scope owner) {
    try {
      checkCanOpen(owner);
    } catch (RuntimeException e) {
      engineOf(owner).sockets().close(descriptor);
      throw e;
    }
    return owner;
  }

  final int descriptor() {
    return descriptor;
  }

  final int get(Option option) {
    checkOnLoop();
    checkOpen();
    return SocketOptions.get(engine().sockets(), descriptor, option, name());
  }

  final void set(Option option, int value) {
    checkOnLoop();
    checkOpen();
    SocketOptions.set(engine().sockets(), descriptor, option, value, name());
  }

  /** The kernel has let go of it: no operation is active on the descriptor any more. */
  final void closeDescriptor() {
    engine().sockets().close(descriptor);
  }
}
