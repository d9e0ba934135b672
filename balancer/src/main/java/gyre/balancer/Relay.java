package gyre.balancer;

import gyre.CancelledException;
import gyre.ClosedException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Timer;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.io.PoolExhaustedException;
import gyre.net.MemoryShedException;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Passes on what a client and a target send to each other, as it is: blocks move and are not
 * copied, a side that is slow is waited for by the other, the end of a direction is passed on as
 * such while the other goes on, and a reset as a reset.
 *
 * <p>One fiber is started for the direction to the client; that to the target is passed on in the
 * calling one. Limits of time are looked after by one timer, which looks at how much has moved, so
 * that they cost the bytes nothing.
 */
final class Relay {
  /** How a relay has ended. */
  enum End {
    /** Both directions have ended, in order. */
    DONE,
    CLIENT_BROKE,
    TARGET_BROKE,
    /** Nothing moved for too long. */
    IDLE,
    /** One direction had ended, and nothing moved in the other for too long. */
    HALF_CLOSED,
    /** It went on for too long. */
    LIFETIME,
    /** The balancer stopped, and the time for connections to end was over. */
    STOPPED,
    /** There was no memory to pass more on. */
    SHED;

    String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** How often in a limit it is looked whether something has moved. */
  private static final int LOOKS = 4;

  private final Direction toTarget;
  private final Direction toClient;
  private final ListenConfig limits;
  private final Target target;
  private @Nullable End end;

  /** What had moved when it was last looked, and since how many looks that is so. */
  private long seen;

  private int quietLooks;
  private long quietNanos;

  Relay(ByteStream client, ByteStream other, ListenConfig limits, Target target) {
    this.toTarget = new Direction(client, other, End.CLIENT_BROKE, End.TARGET_BROKE);
    this.toClient = new Direction(other, client, End.TARGET_BROKE, End.CLIENT_BROKE);
    this.limits = limits;
    this.target = target;
  }

  long bytesToTarget() {
    return toTarget.bytes;
  }

  long bytesToClient() {
    return toClient.bytes;
  }

  /** Parks until it has ended. Both streams are closed in order by the caller, or are reset. */
  End run() {
    Timer watch = watch();
    Timer life = life();
    try {
      Fiber<?> other = Fiber.start("to-client", toClient::run);
      toTarget.run();
      other.join();
    } catch (CancelledException e) {
      stop(End.STOPPED);
      throw e;
    } finally {
      close(watch);
      close(life);
      target.bytesIn.add(toTarget.bytes);
      target.bytesOut.add(toClient.bytes);
    }
    End known = end;
    return known == null ? End.DONE : known;
  }

  private static void close(@Nullable Timer timer) {
    if (timer != null) {
      timer.close();
    }
  }

  /** The first reason counts. Resets both, so that no peer takes a part for the whole. */
  private void stop(End why) {
    if (end == null) {
      end = why;
    }
    try {
      toTarget.from.reset();
    } finally {
      toTarget.to.reset();
    }
  }

  // ---- limits of time

  private @Nullable Timer life() {
    Duration lifetime = limits.lifetime();
    if (lifetime.isZero()) {
      return null;
    }
    Timer timer = Loop.current().after(lifetime, () -> stop(End.LIFETIME));
    timer.background(true);
    return timer;
  }

  private @Nullable Timer watch() {
    Duration idle = limits.idleTimeout();
    Duration halfClosed = limits.halfCloseTimeout();
    if (idle.isZero() && halfClosed.isZero()) {
      return null;
    }
    Duration shorter =
        idle.isZero() || (!halfClosed.isZero() && halfClosed.compareTo(idle) < 0)
            ? halfClosed
            : idle;
    Duration step = shorter.dividedBy(LOOKS).plusNanos(1);
    quietNanos = step.toNanos();
    Timer timer = Loop.current().every(step, this::look);
    timer.background(true);
    timer.slack(step.dividedBy(LOOKS));
    return timer;
  }

  private void look() {
    long now = toTarget.progress() + toClient.progress();
    quietLooks = now == seen ? quietLooks + 1 : 0;
    seen = now;
    long quiet = quietLooks * quietNanos;
    if (isOver(quiet, limits.idleTimeout())) {
      stop(End.IDLE);
    } else if ((toTarget.isEnded || toClient.isEnded) && isOver(quiet, limits.halfCloseTimeout())) {
      stop(End.HALF_CLOSED);
    }
  }

  private static boolean isOver(long quietNanos, Duration limit) {
    return !limit.isZero() && quietNanos >= limit.toNanos();
  }

  // ---- bytes

  private final class Direction {
    final ByteStream from;
    final ByteStream to;
    private final End fromBroke;
    private final End toBroke;
    long bytes;
    boolean isEnded;

    Direction(ByteStream from, ByteStream to, End fromBroke, End toBroke) {
      this.from = from;
      this.to = to;
      this.fromBroke = fromBroke;
      this.toBroke = toBroke;
    }

    void run() {
      End broken = fromBroke;
      ByteQueue in = from.input();
      try (ByteQueue part = in.sibling()) {
        while (from.await(1)) {
          part.append(in);
          bytes += part.size();
          broken = toBroke;
          to.write(part);
          broken = fromBroke;
        }
        broken = toBroke;
        to.shutdownOutput();
        isEnded = true;
        to.flush(); // under the limits of time here: closing would give it some seconds alone
      } catch (ClosedException e) {
        stop(broken); // by the other direction or a timer, who have said why
      } catch (CancelledException e) {
        stop(End.STOPPED);
      } catch (PoolExhaustedException | MemoryShedException e) {
        stop(End.SHED);
      } catch (IoException e) {
        stop(broken);
      }
    }

    /** Grows whenever something is passed on or leaves one of the streams, and with the end. */
    long progress() {
      return bytes + (bytes - to.pendingOutputBytes()) + (isEnded ? 1 : 0);
    }
  }
}
