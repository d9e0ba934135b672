package gyre.io;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Deadline;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Source;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Passes on what each of two streams receives to the other, for proxies and other forwarders.
 * Blocks move from one to the other and are not copied, where both are of one loop. What is held in
 * between is bounded by the limits of the streams: while one is slow the other is not read.
 *
 * <p>The end of one direction is passed on, and the other goes on; when both have ended {@link
 * #run} returns, and leaves both streams open. Where one of them breaks, nothing moves for too
 * long, or the calling fiber is cancelled, both are reset, so that neither peer takes a part for
 * the whole; then {@code run} throws what happened. Where a stream that was accepted is idle when
 * its server or loop ends, {@code run} throws {@link CancelledException} as a read does, and both
 * streams are left open, to be closed in order.
 */
public final class Pipe {
  /** How often in the time limit it is looked whether something has moved. */
  private static final int LOOKS = 4;

  private enum State {
    NEW,
    RUNNING,
    ENDED
  }

  /** How far a direction has come. */
  private enum Phase {
    PASSING,
    /** The stream that it reads is idle, and its loop or server is ending: nothing is under way. */
    IDLE,
    /** The end was passed on. */
    ENDED
  }

  private final Direction toRight;
  private final Direction toLeft;
  private final PipeLimits limits;
  private State state = State.NEW;

  private Pipe(ByteStream left, ByteStream right, PipeLimits limits) {
    this.toRight = new Direction(left, right, limits.bytesPerSecond());
    this.toLeft = new Direction(right, left, limits.bytesPerSecond());
    this.limits = limits;
  }

  /** A pipe that waits for its streams as long as they allow. */
  public static Pipe between(ByteStream left, ByteStream right) {
    return between(left, right, PipeLimits.none());
  }

  /**
   * A pipe that gives up when nothing moved in either direction for so long, or a quarter longer:
   * it is looked at from time to time, which costs the bytes nothing. While it is want of the
   * loop's memory that keeps one of the streams from getting on, it does not give up.
   */
  public static Pipe between(ByteStream left, ByteStream right, Duration idleTimeout) {
    if (idleTimeout.isZero()) {
      throw new IllegalArgumentException("idleTimeout is " + idleTimeout + ": must be positive");
    }
    return between(left, right, PipeLimits.none().idleTimeout(idleTimeout));
  }

  /** A pipe with limits of time and of speed. */
  public static Pipe between(ByteStream left, ByteStream right, PipeLimits limits) {
    return new Pipe(left, right, limits);
  }

  /** Passes on until both directions have ended. Once. */
  public void run() {
    if (state != State.NEW) {
      throw new IllegalStateException("a pipe runs once");
    }
    state = State.RUNNING;
    try (Scope both = Scope.open("pipe")) {
      both.start("pipe-to-right", () -> toRight.run(both));
      both.start("pipe-to-left", () -> toLeft.run(both));
      if (!limits.idleTimeout().isZero()) {
        watch(both.end());
      }
      both.join();
    } finally {
      state = State.ENDED;
      if (!isWhole()) {
        reset();
      }
    }
    // A join returns where the fibers have ended, if only because they were cancelled.
    Cancellation.current().check();
    toRight.checkNotCancelled();
    toLeft.checkNotCancelled();
  }

  /** Whether nothing that was received has got lost in between. */
  private boolean isWhole() {
    return toRight.phase == Phase.IDLE
        || toLeft.phase == Phase.IDLE
        || (toRight.phase == Phase.ENDED && toLeft.phase == Phase.ENDED);
  }

  private void reset() {
    try {
      toRight.from.reset();
    } finally {
      toRight.to.reset();
    }
  }

  /** Bytes that the right stream was given. On the streams' loop. */
  public long bytesToRight() {
    return toRight.bytes;
  }

  /** Bytes that the left stream was given. On the streams' loop. */
  public long bytesToLeft() {
    return toLeft.bytes;
  }

  public boolean isRunning() {
    return state == State.RUNNING;
  }

  /** Until both have ended; throws if nothing moves. */
  private void watch(Source end) {
    Duration step = limits.idleTimeout().dividedBy(LOOKS).plusNanos(1);
    long seen = progress();
    int looks = 0;
    while (!end.isReady()) {
      Fiber.awaitFirst(end, Deadline.in(step));
      long now = progress();
      looks = now == seen ? looks + 1 : 0;
      seen = now;
      if (looks >= LOOKS && !end.isReady()) {
        if (!toRight.from.isKeptWaiting() && !toLeft.from.isKeptWaiting()) {
          throw idle();
        }
        looks = 0; // for want of memory here, which is no fault of theirs
      }
    }
  }

  private IdleTimeoutException idle() {
    ByteStream left = toRight.from;
    String subject = left.name() + " and " + toRight.to.name();
    return left.byPeer(
        new IdleTimeoutException("pipe", subject, "nothing moved for " + limits.idleTimeout()));
  }

  /** Grows whenever something is passed on, or leaves one of the streams. */
  private long progress() {
    return toRight.progress() + toLeft.progress();
  }

  private static final class Direction {
    final ByteStream from;
    final ByteStream to;
    private final long bytesPerSecond;
    long bytes;
    Phase phase = Phase.PASSING;
    private @Nullable CancelledException cancelled;

    Direction(ByteStream from, ByteStream to, long bytesPerSecond) {
      this.from = from;
      this.to = to;
      this.bytesPerSecond = bytesPerSecond;
    }

    void run(Scope both) {
      try {
        passAll();
        to.shutdownOutput();
        phase = Phase.ENDED;
      } catch (CancelledException e) {
        cancelled = e;
        if (!both.cancellation().isCancelled()) {
          phase = Phase.IDLE;
          both.cancel(from.name() + " is told to end");
        }
        throw e;
      }
    }

    private void passAll() {
      Loop loop = Loop.current();
      ByteRate rate = bytesPerSecond == 0 ? null : new ByteRate(bytesPerSecond, loop.nanoTime());
      ByteQueue in = from.input(); // to which more comes while the write is parked
      try (ByteQueue part = in.sibling()) {
        while (from.await(1)) {
          if (rate == null) {
            part.append(in);
          } else {
            part.append(in, allowed(in, rate, loop));
          }
          bytes += part.size();
          try {
            to.write(part);
          } finally {
            bytes -= part.size(); // that was refused
          }
        }
      }
    }

    /** Waits until something may be passed on; how much. */
    private static long allowed(ByteQueue in, ByteRate rate, Loop loop) {
      long bytes = rate.take(in.size(), loop.nanoTime());
      while (bytes == 0) {
        Fiber.sleep(Duration.ofNanos(rate.waitNanos(loop.nanoTime())));
        bytes = rate.take(in.size(), loop.nanoTime());
      }
      return bytes;
    }

    void checkNotCancelled() {
      if (cancelled != null) {
        throw cancelled;
      }
    }

    long progress() {
      return bytes + (bytes - to.pendingOutputBytes());
    }

    @Override
    public String toString() {
      return from.name() + " to " + to.name();
    }
  }
}
