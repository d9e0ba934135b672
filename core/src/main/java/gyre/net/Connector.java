package gyre.net;

import gyre.Fiber;
import gyre.Handle;
import gyre.Scope;
import gyre.engine.Connect;
import gyre.engine.Engine;
import gyre.engine.Errno;
import java.net.SocketAddress;
import java.util.function.ToIntFunction;

/**
 * A connection being made. It is a handle of its own, so that an attempt which is given up is still
 * seen through: its descriptor is closed once the kernel has let go of it.
 */
final class Connector extends Handle {
  private static final int PENDING = 1;

  private final SocketAddress target;
  private final Fiber<?> waiter;
  private int descriptor;
  private int result = PENDING;
  private final Operation operation = new Operation(this);

  private Connector(Scope owner, SocketAddress target, int descriptor) {
    super(owner);
    this.target = target;
    this.descriptor = descriptor;
    this.waiter = caller();
  }

  /** Parks until the connection is there, and gives its descriptor. */
  static int connect(Scope owner, SocketAddress target, ToIntFunction<Engine> opener) {
    String tried = "cannot connect to " + Addresses.format(target);
    int descriptor = opener.applyAsInt(Access.engine(owner));
    if (descriptor < 0) {
      throw NetworkException.of(tried, descriptor);
    }
    Connector connector = new Connector(owner, target, descriptor);
    try {
      return connector.await(tried);
    } finally {
      connector.closeSoon();
    }
  }

  private int await(String tried) {
    operation.descriptor = descriptor;
    operation.target = target;
    engine().submit(operation);
    while (result == PENDING) {
      park(waiter);
    }
    if (result < 0) {
      throw NetworkException.of(tried, result);
    }
    int connected = descriptor;
    descriptor = -1; // the stream's from now on
    return connected;
  }

  @Override
  public String kind() {
    return "connector";
  }

  @Override
  public int pendingOperations() {
    return operation.isIdle() ? 0 : 1;
  }

  @Override
  protected void closing() {
    engine().cancel(operation);
    finish();
  }

  @Override
  protected void aborting() {
    closing();
  }

  private void finish() {
    if (!operation.isIdle() || state() != State.CLOSING) {
      return;
    }
    if (descriptor >= 0) {
      engine().sockets().close(descriptor);
    }
    released();
  }

  private void completed(int outcome) {
    result = outcome == 0 ? 0 : outcome;
    if (isOpen()) {
      resume(waiter);
    } else {
      result = Errno.ECANCELED.negated();
      finish();
    }
  }

  private static final class Operation extends Connect {
    private final Connector connector;

    Operation(Connector connector) {
      this.connector = connector;
    }

    @Override
    public void connected(int result) {
      connector.completed(result);
    }
  }
}
