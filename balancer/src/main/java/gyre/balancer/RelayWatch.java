package gyre.balancer;

import gyre.Fiber;
import gyre.Loop;
import gyre.Timer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The limits of time of all {@link Relay}s of a loop that have the same rules: one timer for all of
 * them, which looks whether something has moved. So they cost neither the bytes anything, nor a
 * connection more than a place in a list. That is in the order of their beginning, so those whose
 * lifetime is over come first.
 */
final class RelayWatch {
  /** How often in a limit it is looked whether something has moved. */
  private static final int LOOKS = 4;

  /** In a turn of the loop, which has other things to do too. */
  private static final int LOOKS_LIMIT = 1000;

  private static final Duration FOR_EVER = Duration.ofDays(36_500);

  private final Loop loop;
  private final ListenConfig limits;

  /** Between two looks; 0 if nothing is to be looked for. */
  private final long stepNanos;

  private final long lifetimeNanos;
  private @Nullable Relay first;
  private @Nullable Relay last;

  /** The next to be looked at; null between two rounds. */
  private @Nullable Relay cursor;

  private @Nullable Timer timer;
  private boolean isOpening;
  private long nextLookNanos;

  RelayWatch(Loop loop, ListenConfig limits) {
    this.loop = loop;
    this.limits = limits;
    this.stepNanos = stepNanos(limits.idleTimeout(), limits.halfCloseTimeout());
    this.lifetimeNanos = nanos(limits.lifetime());
  }

  /** A part of the shorter of them; 0 is no limit. */
  private static long stepNanos(Duration idle, Duration halfClosed) {
    boolean isIdleUsed = halfClosed.isZero() || (!idle.isZero() && idle.compareTo(halfClosed) < 0);
    Duration shorter = isIdleUsed ? idle : halfClosed;
    return shorter.isZero() ? 0 : nanos(shorter.dividedBy(LOOKS)) + 1;
  }

  /** A century is for ever, which is no error. */
  private static long nanos(Duration duration) {
    return (duration.compareTo(FOR_EVER) < 0 ? duration : FOR_EVER).toNanos();
  }

  long nanoTime() {
    return loop.nanoTime();
  }

  @SuppressWarnings("ReferenceEquality") // these very rules
  boolean isFor(ListenConfig rules) {
    return limits == rules;
  }

  /** Whether nobody used it, so that it is closed now. */
  boolean closeIfIdle() {
    Timer known = timer;
    if (first != null || isOpening) {
      return false;
    }
    if (known != null) {
      known.close();
    }
    return true;
  }

  void add(Relay relay) {
    assert relay.next == null && relay.previous == null && first != relay;
    relay.previous = last;
    if (last == null) {
      first = relay;
    } else {
      last.next = relay;
    }
    last = relay;
    if (first == relay) {
      begin();
    }
  }

  void remove(Relay relay) {
    Relay before = relay.previous;
    Relay after = relay.next;
    assert before == null ? first == relay : before.next == relay;
    if (cursor == relay) {
      cursor = after;
    }
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.previous = before;
    }
    relay.next = null;
    relay.previous = null;
  }

  /** The first is here: the timer runs while there is one. It belongs to no connection's scope. */
  private void begin() {
    if (stepNanos == 0 && lifetimeNanos == 0) {
      return;
    }
    Timer known = timer;
    if (known == null) {
      if (!isOpening) {
        open();
      }
    } else if (known.isOpen() && !known.isActive()) {
      nextLookNanos = nanoTime() + stepNanos;
      arm(known);
    }
  }

  private void open() {
    isOpening = true;
    boolean isStarted = false;
    try {
      Fiber<?> ignored = loop.start("relay watch", this::opened);
      isStarted = true;
    } finally {
      isOpening &= isStarted;
    }
  }

  private void opened() {
    isOpening = false;
    Timer opened = loop.timer(this::look);
    timer = opened;
    opened.background(true);
    nextLookNanos = nanoTime() + stepNanos;
    arm(opened);
  }

  /** For the next look, or the next whose lifetime is over. */
  private void arm(Timer known) {
    Relay oldest = first;
    if (oldest == null || !known.isOpen()) {
      return; // the loop shuts down
    }
    long dueNanos = nextLookNanos;
    if (lifetimeNanos > 0) {
      long endNanos = oldest.startNanos + lifetimeNanos;
      dueNanos = stepNanos == 0 || endNanos - dueNanos < 0 ? endNanos : dueNanos;
    }
    known.restartAt(cursor == null ? dueNanos : nanoTime());
  }

  private void look() {
    try {
      lookAtAll(nanoTime());
    } finally {
      Timer known = timer;
      if (known != null) {
        arm(known);
      }
    }
  }

  private void lookAtAll(long now) {
    endOldest(now);
    if (stepNanos > 0 && cursor == null && now - nextLookNanos >= 0) {
      cursor = first;
      nextLookNanos = now + stepNanos;
    }
    for (int i = 0; i < LOOKS_LIMIT && cursor != null; i++) {
      Relay relay = cursor;
      cursor = relay.next;
      lookAt(relay, now);
    }
  }

  private void endOldest(long now) {
    for (int i = 0; i < LOOKS_LIMIT && lifetimeNanos > 0; i++) {
      Relay oldest = first;
      if (oldest == null || now - oldest.startNanos < lifetimeNanos) {
        return;
      }
      oldest.stop(Relay.End.LIFETIME);
      assert first != oldest : "it has left";
    }
  }

  private void lookAt(Relay relay, long now) {
    long moved = relay.progress();
    if (moved != relay.seen) {
      relay.seen = moved;
      relay.quietSinceNanos = now;
      return;
    }
    long quietNanos = now - relay.quietSinceNanos;
    if (isOver(quietNanos, limits.idleTimeout())) {
      relay.stop(Relay.End.IDLE);
    } else if (relay.isHalfClosed() && isOver(quietNanos, limits.halfCloseTimeout())) {
      relay.stop(Relay.End.HALF_CLOSED);
    }
  }

  private static boolean isOver(long quietNanos, Duration limit) {
    return !limit.isZero() && quietNanos >= nanos(limit);
  }
}
