package gyre.io;

import gyre.Loop;
import gyre.loop.TimerNode;
import gyre.spi.Internals;
import gyre.sync.TokenBucket;
import org.jspecify.annotations.Nullable;

/**
 * How many bytes a second streams may move: one stream, a group of them, all of a loop. Limits
 * stand below others; what a stream moves counts in its limit and in all above.
 *
 * <pre>{@code
 * ByteRateLimit all = ByteRateLimit.create("all", 10_000_000);
 * ByteRateLimit customer = all.child("customer", 100_000);
 * listener.serve(stream -> {
 *   stream.limitInput(customer);
 *   stream.limitOutput(customer.child("answers", 20_000));
 *   ...
 * });
 * }</pre>
 *
 * <p>What comes too fast is not received, so that it is TCP that slows the peer down. What is
 * written too fast waits in the output, so that the writer parks. Both styles of use are held back
 * alike, and nobody polls: a timer of the loop ends the wait.
 *
 * <ul>
 *   <li><b>Threads</b>: belongs to the loop on which it was made, and is for streams of that loop.
 *   <li><b>Exactness</b>: at most the burst at once, and the rate on average. An engine may have
 *       received a little more than was allowed; that is owed, and waited for.
 *   <li><b>Fairness</b>: first come, first served, and in portions where several wait, each of
 *       which gets an even part of what there is.
 *   <li><b>Cost</b>: nothing for streams without a limit; no allocation for those with one.
 *   <li><b>Lifetime</b>: needs no close. A stream leaves its limits when it ends.
 * </ul>
 *
 * <p>Timeouts of a stream go on meanwhile: a peer that is held back for longer than the idle or the
 * write timeout fails by that.
 */
public final class ByteRateLimit {
  private static final int BURSTS_PER_SECOND = 10;

  /** Where more is wanted, less is not worth a system call. */
  private static final int PORTION_BYTES = 4096;

  private final Loop loop;
  private final String name;
  private final @Nullable ByteRateLimit parent;
  private final TokenBucket bucket;
  private final Refill refill = new Refill(this);
  private @Nullable Gate first;
  private @Nullable Gate last;
  private int waiting;
  private long movedBytes;

  private ByteRateLimit(
      Loop loop, String name, @Nullable ByteRateLimit parent, long bytesPerSecond, long burst) {
    this.loop = loop;
    this.name = name;
    this.parent = parent;
    this.bucket = TokenBucket.create(bytesPerSecond, burst, loop.nanoTime());
  }

  /** A limit for streams of this loop, with a tenth of a second's bytes at once after a pause. */
  public static ByteRateLimit create(String name, long bytesPerSecond) {
    return create(name, bytesPerSecond, burst(bytesPerSecond));
  }

  /**
   * A limit for streams of the loop that the calling code runs on.
   *
   * @param burstBytes how many bytes may be moved at once after a pause
   */
  public static ByteRateLimit create(String name, long bytesPerSecond, long burstBytes) {
    return of(Loop.current(), name, bytesPerSecond, burstBytes);
  }

  /** For makers of streams: a limit with the burst of {@link #create(String, long)}. */
  public static ByteRateLimit of(Loop loop, String name, long bytesPerSecond) {
    return of(loop, name, bytesPerSecond, burst(bytesPerSecond));
  }

  private static ByteRateLimit of(Loop loop, String name, long bytesPerSecond, long burstBytes) {
    return new ByteRateLimit(loop, name, null, bytesPerSecond, burstBytes);
  }

  private static long burst(long bytesPerSecond) {
    return Math.max(1, bytesPerSecond / BURSTS_PER_SECOND);
  }

  /** A limit below this one. */
  public ByteRateLimit child(String childName, long bytesPerSecond) {
    return child(childName, bytesPerSecond, burst(bytesPerSecond));
  }

  /** A limit below this one, with another burst. */
  public ByteRateLimit child(String childName, long bytesPerSecond, long burstBytes) {
    return new ByteRateLimit(loop, childName, this, bytesPerSecond, burstBytes);
  }

  /** Another rate and burst from now on, also for those who wait. */
  public void change(long bytesPerSecond, long burstBytes) {
    Internals.checkThread(loop);
    bucket.change(bytesPerSecond, burstBytes, loop.nanoTime());
    Internals.cancelTimer(loop, refill);
    arm();
  }

  /** Bytes that were moved so far by streams with this limit or one below. */
  public long movedBytes() {
    Internals.checkThread(loop);
    return movedBytes;
  }

  /** How many directions of streams wait in this limit. */
  public int waiting() {
    Internals.checkThread(loop);
    return waiting;
  }

  public String name() {
    return name;
  }

  @Override
  public String toString() {
    return "byte rate limit " + name + ": " + bucket;
  }

  // ---- tokens, here and above

  private long available() {
    long least = Long.MAX_VALUE;
    long nowNanos = loop.nanoTime();
    for (ByteRateLimit limit = this; limit != null; limit = limit.parent) {
      least = Math.min(least, limit.bucket.available(nowNanos));
    }
    return least;
  }

  private void charge(long bytes) {
    long nowNanos = loop.nanoTime();
    for (ByteRateLimit limit = this; limit != null; limit = limit.parent) {
      limit.bucket.take(bytes, nowNanos);
      limit.movedBytes += bytes;
    }
  }

  /** The lowest limit that has nothing for this gate; null if all have. */
  private static @Nullable ByteRateLimit scarce(Gate gate, @Nullable ByteRateLimit from) {
    for (ByteRateLimit limit = from; limit != null; limit = limit.parent) {
      if (limit.first != null || !limit.hasEnough(gate)) {
        return limit;
      }
    }
    return null;
  }

  private boolean hasEnough(Gate gate) {
    return bucket.available(loop.nanoTime()) >= portion(gate);
  }

  private long portion(Gate gate) {
    return Math.min(gate.wanted, Math.max(1, Math.min(PORTION_BYTES, bucket.burst() / 2)));
  }

  // ---- those who wait

  private void enqueue(Gate gate) {
    assert gate.line == null : "waits twice";
    gate.line = this;
    gate.previous = last;
    if (last == null) {
      first = gate;
    } else {
      last.next = gate;
    }
    last = gate;
    waiting++;
    arm();
  }

  private void remove(Gate gate) {
    assert gate.line == this : "waits elsewhere";
    if (gate.previous == null) {
      first = gate.next;
    } else {
      gate.previous.next = gate.next;
    }
    if (gate.next == null) {
      last = gate.previous;
    } else {
      gate.next.previous = gate.previous;
    }
    gate.previous = null;
    gate.next = null;
    gate.line = null;
    waiting--;
  }

  private void arm() {
    Gate next = first;
    if (next != null && !refill.isScheduled()) {
      long nanos = bucket.nanosUntil(portion(next), loop.nanoTime());
      Internals.startTimer(loop, refill, Math.max(1, nanos));
    }
  }

  /** Lets through whom there is something for: once around at most. */
  private void serve() {
    int rounds = waiting;
    long readable = bucket.available(loop.nanoTime());
    for (Gate gate = first; gate != null && rounds > 0; gate = first, rounds--) {
      long portion = portion(gate);
      if (readable < portion || !hasEnough(gate)) {
        break;
      }
      remove(gate);
      ByteRateLimit above = scarce(gate, parent);
      if (above != null) {
        above.enqueue(gate);
      } else {
        long share = Math.max(portion, readable / rounds);
        readable -= gate.admit(Math.min(share, gate.limit.available()));
        gate.opened();
      }
    }
    arm();
  }

  private static final class Refill extends TimerNode {
    private final ByteRateLimit limit;

    Refill(ByteRateLimit limit) {
      this.limit = limit;
    }

    @Override
    protected void fired(long nowNanos) {
      limit.serve();
    }
  }

  /**
   * For makers of streams: one direction of a stream below a limit. Either it takes before it moves
   * ({@link #take}, {@link #settle}), or it moves while {@link #allowance} is above 0 and says how
   * much ({@link #moved}). Where it may not, {@link #opened} follows.
   */
  public abstract static class Gate {
    private final ByteRateLimit limit;
    private @Nullable ByteRateLimit line;
    private @Nullable Gate previous;
    private @Nullable Gate next;

    /** What it would like to move; no limit if it is not known. */
    private long wanted = Long.MAX_VALUE;

    /** It has waited, and may move a portion though others wait, and pay afterwards. */
    private boolean isServed;

    /** Paid, and not moved yet. */
    private long paid;

    protected Gate(ByteRateLimit limit) {
      this.limit = limit;
    }

    /** It may go on; on the loop, and not within one of its own calls. */
    protected abstract void opened();

    /** Whether the stream is of the limit's loop. */
    public final void checkLoop(Loop loop) {
      if (limit.loop != loop) {
        throw new IllegalArgumentException(
            limit + " is for streams of " + limit.loop.name() + ", and not of " + loop.name());
      }
    }

    // ---- paid before

    /** Pays for up to so many bytes, which may be moved then; 0 if it has to wait. */
    public final long take(long bytes) {
      wanted = bytes;
      if (paid == 0 && line == null) {
        ByteRateLimit scarce = scarce(this, limit);
        if (scarce == null) {
          admit(Math.min(bytes, limit.available()));
        } else {
          scarce.enqueue(this);
        }
      }
      return Math.min(paid, bytes);
    }

    /** So many of those that were paid for have been moved; the others are paid back. */
    public final void settle(long bytes) {
      assert bytes <= paid : bytes + " moved of " + paid;
      if (paid > bytes) {
        limit.charge(bytes - paid);
      }
      paid = 0;
    }

    private long admit(long bytes) {
      if (wanted == Long.MAX_VALUE) {
        isServed = true;
        return limit.portion(this);
      }
      paid = Math.min(wanted, bytes);
      limit.charge(paid);
      return paid;
    }

    // ---- paid afterwards

    /** How many bytes may be moved now; 0 if it has to wait. */
    public final long allowance() {
      if (isServed) {
        return limit.portion(this);
      }
      if (line == null) {
        ByteRateLimit scarce = scarceNow();
        if (scarce == null) {
          return limit.available();
        }
        scarce.enqueue(this);
      }
      return 0;
    }

    /**
     * So many bytes were moved.
     *
     * @return whether more may be
     */
    public final boolean moved(long bytes) {
      limit.charge(bytes);
      isServed = false;
      return allowance() > 0;
    }

    /** Who moves bytes goes on while there are any, unless others wait. */
    private @Nullable ByteRateLimit scarceNow() {
      for (ByteRateLimit level = limit; level != null; level = level.parent) {
        if (level.first != null || level.bucket.available(level.loop.nanoTime()) <= 0) {
          return level;
        }
      }
      return null;
    }

    // ---- the end

    /** It has to wait, and is told. */
    public final boolean isWaiting() {
      return line != null;
    }

    /** Neither waits any more nor keeps what it has paid for; it may begin anew. */
    public final void leave() {
      if (line != null) {
        ByteRateLimit left = line;
        left.remove(this);
        left.arm();
      }
      isServed = false;
      settle(0);
    }
  }
}
