package gyre.net;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Scope;
import gyre.Task;
import java.time.Duration;

/**
 * How a server ends its connections: the idle ones at once, the others when what they are doing is
 * done. Those that are left when the time is up are reset.
 */
final class Draining {
  private Draining() {}

  /**
   * For the fiber that owns the scope of the connections, and closes it next: that cancels the
   * fibers that are left, and waits for them. The end of a loop has limits of its own, which go
   * before this one.
   */
  static void end(Scope connections, Duration limit) {
    boolean isLoopEnding = Access.isScopeDraining(connections);
    Access.drainAll(connections);
    if (isLoopEnding) {
      connections.join();
    } else if (!within(limit, connections::join)) {
      Access.each(
          connections,
          handle -> {
            if (handle instanceof SocketStream stream) {
              stream.resetSoon();
            }
          });
    }
  }

  /** Whether the wait was over in time. */
  static boolean within(Duration limit, Task wait) {
    if (limit.isZero()) {
      return false;
    }
    try {
      Cancellation.within(limit, wait);
      return true;
    } catch (DeadlineExceededException e) {
      Cancellation.current().check(); // by a limit that is not this one
      return false;
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError("a wait throws nothing else", e);
    }
  }
}
