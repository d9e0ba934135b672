package gyre.net;

import gyre.CancelledException;

/** What a fiber does that serves one connection. */
final class Serving {
  private Serving() {}

  /**
   * Runs the handler and closes the stream. What the handler throws is reported with the stream's
   * name, unless the connection itself broke, somebody else closed the stream, or the work was
   * cancelled: none of that is the handler's fault.
   */
  static <S extends SocketStream> void serve(ConnectionHandler<S> handler, S stream) {
    try {
      handler.handle(stream);
    } catch (CancelledException e) {
      if (!stream.isLoopDraining() && !stream.owner().cancellation().isCancelled()) {
        stream.reportFailure(e);
      } else {
        reportHidden(stream, e);
      }
    } catch (Throwable e) {
      if (!stream.explains(e)) {
        stream.reportFailure(e);
      }
    } finally {
      stream.close();
    }
  }

  /** To be cancelled is no failure, but what broke in the handler's finally blocks is. */
  private static void reportHidden(SocketStream stream, CancelledException cancelled) {
    for (Throwable hidden : cancelled.getSuppressed()) {
      if (hidden instanceof CancelledException inner) {
        reportHidden(stream, inner);
      } else if (!stream.explains(hidden)) {
        stream.reportFailure(hidden);
      }
    }
  }
}
