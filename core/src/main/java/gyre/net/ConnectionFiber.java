package gyre.net;

import gyre.CancelledException;
import gyre.Scope;

/** What a fiber does that serves one connection. */
final class ConnectionFiber {
  private ConnectionFiber() {}

  /**
   * Runs the handler, in a scope of its own, and closes the stream: nothing that the handler has
   * opened or started outlives the connection, however long the server lives. A handler that throws
   * or is cancelled was cut short, so its stream is reset: the peer must not take a part for the
   * whole. What the handler throws is reported with the stream's name, unless the peer broke the
   * connection, somebody else closed the stream, or the work was cancelled: none of that is the
   * handler's fault.
   */
  static <S extends SocketStream> void serve(ConnectionHandler<S> handler, S stream) {
    boolean isWhole = false;
    try {
      handleInScope(handler, stream);
      isWhole = true;
    } catch (CancelledException e) {
      isWhole = stream.endsIdle();
      if (stream.isLoopDraining() || stream.owner().cancellation().isCancelled()) {
        reportHidden(stream, e);
      } else {
        reportCancelled(stream, e);
      }
    } catch (Throwable e) {
      report(stream, e);
    } finally {
      if (!isWhole) {
        stream.reset();
      }
      stream.close();
    }
  }

  private static <S extends SocketStream> void handleInScope(ConnectionHandler<S> handler, S stream)
      throws Exception {
    try (Scope scope = Scope.open("connection")) {
      assert scope.fibers() == 0;
      handler.handle(stream);
    }
  }

  private static void report(SocketStream stream, Throwable thrown) {
    if (!stream.isClosedElsewhere(thrown)) {
      stream.reportFailure(thrown);
    }
  }

  /** By a limit of time, a hand, or the failure of one of the handler's fibers: tells of that. */
  @SuppressWarnings("ReferenceEquality") // this very failure
  private static void reportCancelled(SocketStream stream, CancelledException cancelled) {
    Throwable failure = cancelled.getCause();
    if (failure == null) {
      report(stream, cancelled);
      return;
    }
    report(stream, failure);
    for (Throwable other : cancelled.getSuppressed()) {
      if (other != failure) {
        report(stream, other);
      }
    }
  }

  /** To be cancelled is no failure, but what broke in the handler's finally blocks is. */
  private static void reportHidden(SocketStream stream, CancelledException cancelled) {
    for (Throwable hidden : cancelled.getSuppressed()) {
      if (hidden instanceof CancelledException inner) {
        reportHidden(stream, inner);
      } else {
        report(stream, hidden);
      }
    }
  }
}
