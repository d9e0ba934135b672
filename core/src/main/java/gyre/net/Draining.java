package gyre.net;

import gyre.Deadline;
import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.spi.Internals;
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
   *
   * @param ended ready when the connections have ended
   */
  static void end(Scope connections, Source ended, Duration limit) {
    boolean isLoopEnding = Internals.isDraining(connections);
    Internals.drain(connections);
    if (isLoopEnding) {
      Fiber.await(ended);
    } else if (!within(limit, ended)) {
      reset(connections);
    }
  }

  /**
   * As {@link #end}, of connections in push style. Where the end of the loop cuts them short, no
   * fiber of theirs is cancelled and resets them: closing them in order would have their peers take
   * a part for the whole.
   */
  static void endPush(Scope connections, Source ended, Duration limit) {
    boolean isOver = false;
    try {
      end(connections, ended, limit);
      isOver = true;
    } finally {
      if (!isOver) {
        reset(connections);
      }
    }
  }

  private static void reset(Scope connections) {
    Internals.eachHandle(
        connections,
        handle -> {
          if (handle instanceof SocketStream stream) {
            stream.resetSoon();
          }
        });
  }

  /** Whether the source was ready in time. */
  static boolean within(Duration limit, Source ended) {
    if (limit.isZero()) {
      return false;
    }
    Source first = Fiber.awaitFirst(ended, Deadline.in(limit));
    return first.equals(ended) || ended.isReady();
  }
}
