package gyre;

/**
 * Turns the loops of a {@link LoopGroup} beside the one whose program opens it, so that they need
 * no threads of their own. The environment of a simulated engine implements it.
 *
 * <p>No part of the API.
 */
public interface LoopHost {
  /** Has the hosted's loop opened and turned, soon and after this call. */
  void join(HostedLoop hosted);

  /** A loop that is to be opened and turned by others until it has shut down, and its ends. */
  interface HostedLoop {
    /** How to open it, but for the engine. */
    LoopOptions options();

    void opened(Loop loop);

    /** Could not be opened. */
    void failed(Throwable reason);

    /** It has shut down and was closed. */
    void ended(ShutdownReport report);
  }
}
