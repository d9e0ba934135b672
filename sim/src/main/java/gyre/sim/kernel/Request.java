package gyre.sim.kernel;

import gyre.sim.fault.Fault;
import gyre.sys.Uring;
import org.jspecify.annotations.Nullable;

/**
 * A request that a ring has in hand: tried when its entry is taken, and again when something
 * happens to its file.
 */
abstract class Request implements OpenFile.Waiter {
  private static final int LATEST_NANOS = 2_000_000;

  final KernelRing ring;
  final Entry entry;
  final @Nullable OpenFile file;
  boolean isOver;

  /** In the ring's queue of those to be tried. */
  boolean isQueued;

  /** Nothing is tried before a time. */
  private boolean isHeldBack;

  /** It ends without being tried again: cancelled, or its result is told late. */
  private boolean isDecided;

  private int result;

  Request(KernelRing ring, Entry entry, @Nullable OpenFile file) {
    this.ring = ring;
    this.entry = entry;
    this.file = file;
  }

  /** Tries to go on: {@link #end}, or leave it as it is and be woken again. */
  abstract void attempt();

  /** Whether being tried may be put off, as if a thread of the kernel did it. */
  boolean mayBeLate() {
    return true;
  }

  /** Its memory is no longer lent. */
  void ended() {
    // most lend none
  }

  final void begin(boolean isPollFirst) {
    if (file != null) {
      file.add(this);
    }
    ring.hold(this);
    boolean isLate = mayBeLate() && ring.kernel.strikes(Fault.LATE_COMPLETION, entry);
    if (isLate) {
      holdBack();
    } else if (isPollFirst) {
      woken();
    } else {
      attempt();
    }
  }

  private void holdBack() {
    isHeldBack = true;
    ring.kernel.later(
        ring.kernel.chaos().of(Fault.LATE_COMPLETION).below(LATEST_NANOS),
        () -> {
          isHeldBack = false;
          woken();
        });
  }

  @Override
  public final void woken() {
    if (!isOver && !isHeldBack && !isDecided) {
      ring.queue(this);
    }
  }

  /** By the ring, when it is its turn. */
  final void goOn() {
    isQueued = false;
    if (isOver) {
      return;
    }
    if (isDecided) {
      end(result);
    } else if (!isHeldBack) {
      attempt();
    }
  }

  /** One completion of several. False if the ring has no room, so that this was the last. */
  final boolean post(int value, int flags) {
    if (isOver) {
      return false;
    }
    if (ring.hasRoom()) {
      ring.post(entry, value, flags | Uring.CQE_MORE);
      return true;
    }
    close();
    ring.post(entry, value, flags);
    return false;
  }

  final void end(int value) {
    end(value, 0);
  }

  final void end(int value, int flags) {
    close();
    if (value < 0 || !entry.skipsSuccess()) {
      ring.post(entry, value, flags);
    }
  }

  /** Ends with a result that counts as a failure, whatever it is. */
  final void endTold(int value) {
    close();
    ring.post(entry, value, 0);
  }

  /** What it was to do is done, and told in a while. */
  final void endLate(int value) {
    decide(value);
    ring.kernel.later(
        ring.kernel.chaos().of(Fault.LATE_COMPLETION).below(LATEST_NANOS), () -> ring.queue(this));
  }

  private void decide(int value) {
    isDecided = true;
    result = value;
  }

  /** Whether it can be cancelled: what is done already can't. */
  final boolean isCancellable() {
    return !isOver && !isDecided;
  }

  /** Cancelled: that is told soon. */
  final void cancel(boolean isLate) {
    decide(gyre.engine.Errno.ECANCELED.negated());
    if (isLate) {
      ring.kernel.later(
          ring.kernel.chaos().of(Fault.LATE_CANCEL).below(LATEST_NANOS), () -> ring.queue(this));
    } else {
      ring.queue(this);
    }
  }

  private void close() {
    assert !isOver : "a request ends twice: " + this;
    isOver = true;
    if (file != null) {
      file.remove(this);
    }
    ring.drop(this);
    ended();
  }

  @Override
  public String toString() {
    return entry.toString();
  }
}
