package gyre.sim.engine;

import gyre.engine.Errno;
import gyre.sim.fault.Fault;
import gyre.sys.Memory;
import java.util.Arrays;

/**
 * One direction of a connection: bytes that one kernel has taken and the other's program has not
 * received.
 *
 * <pre>
 *   head &lt;= arrived &lt;= tail &lt;= head + capacity
 *     |---readable---|---under way---|---room---|
 * </pre>
 *
 * <p>They arrive in segments, each at a time of its own, in order. The event that this is stands at
 * the time of the first one under way.
 */
final class Pipe extends Event {
  private static final int FIRST_RING_BYTES = 1024;
  private static final long FIRST_RETRY_NANOS = 200_000_000;
  private static final long LONGEST_RETRY_NANOS = 120_000_000_000L;
  private static final long GIVE_UP_NANOS = 924_600_000_000L;

  private final Universe universe;
  private final Route route;
  private final StreamSocket from;
  private final StreamSocket to;
  private final int capacity;

  private byte[] ring = new byte[FIRST_RING_BYTES];
  private long head;
  private long arrived;
  private long tail;

  /** Of each segment under way its arrival and its end; the length of the arrays a power of two. */
  private long[] times = new long[8];

  private long[] ends = new long[8];
  private int firstSegment;
  private int segments;

  private boolean finished;
  private boolean endArrived;
  private boolean senderWaits;

  /** Nothing passes any more. */
  private boolean broken;

  private long lastArrivalNanos;
  private long retryNanos;
  private long retriedSinceNanos = -1;

  private final Event window =
      new Event() {
        @Override
        void fire() {
          from.roomCame();
        }
      };

  Pipe(Universe universe, Route route, StreamSocket from, StreamSocket to, int capacity) {
    this.universe = universe;
    this.route = route;
    this.from = from;
    this.to = to;
    this.capacity = capacity;
  }

  Route route() {
    return route;
  }

  StreamSocket to() {
    return to;
  }

  // ---- the sender's end

  int room() {
    return capacity - (int) (tail - head);
  }

  /** Copies bytes behind those that are there; {@link #depart} sends them. */
  void write(long address, int length) {
    int used = (int) (tail - head);
    if (used + length > ring.length) {
      grow(used + length);
    }
    int at = (int) tail & (ring.length - 1);
    int first = Math.min(length, ring.length - at);
    Memory.copy(address, ring, at, first);
    if (first < length) {
      Memory.copy(address + first, ring, 0, length - first);
    }
    tail += length;
  }

  private void grow(int bytes) {
    int size = Integer.highestOneBit(Math.max(bytes - 1, 1)) << 1;
    byte[] larger = new byte[size];
    for (long i = head; i < tail; i++) {
      larger[(int) i & (size - 1)] = ring[(int) i & (ring.length - 1)];
    }
    ring = larger;
  }

  /** What was written leaves as one segment. */
  void depart(int length) {
    if (broken) {
      head = tail;
      arrived = tail;
      return;
    }
    long nanos = route.latencyNanos() + route.transmissionNanos(length + 40);
    nanos += route.retransmissionNanos(from);
    if (universe.chaos().strikes(Fault.REORDERING, from.machine, from)) {
      nanos += universe.chaos().of(Fault.REORDERING).below(10 * nanos + 1);
    }
    add(nanos);
  }

  /** The program sends no more. */
  void finish() {
    if (!finished) {
      finished = true;
      if (!broken) {
        add(route.latencyNanos() + route.retransmissionNanos(from));
      }
    }
  }

  private void add(long nanos) {
    if (segments == times.length) {
      int old = times.length;
      times = Arrays.copyOf(times, 2 * old);
      ends = Arrays.copyOf(ends, 2 * old);
      for (int i = 0; i < firstSegment; i++) {
        times[old + i] = times[i];
        ends[old + i] = ends[i];
      }
    }
    lastArrivalNanos = Math.max(lastArrivalNanos, universe.nowNanos() + nanos);
    int place = (firstSegment + segments++) & (times.length - 1);
    times[place] = lastArrivalNanos;
    ends[place] = tail;
    if (!isScheduled()) {
      universe.scheduleAt(this, Math.max(times[firstSegment], universe.nowNanos()));
    }
  }

  /** Nothing arrives before. */
  void notBefore(long nanos) {
    lastArrivalNanos = Math.max(lastArrivalNanos, nanos);
  }

  void awaitRoom() {
    senderWaits = true;
  }

  /** What has not arrived never will. */
  void breakOff() {
    broken = true;
    universe.cancel(this);
    segments = 0;
    tail = arrived;
    universe.cancel(window);
  }

  /** Whether nothing is under way. */
  boolean isIdle() {
    return segments == 0;
  }

  // ---- on the way

  @Override
  void fire() {
    if (route.isCut() || !to.machine.isUp()) {
      retry();
      return;
    }
    if (to.isGone()) {
      breakOff();
      arrived = tail;
      head = tail;
      from.resetAfter(universe.network().route(to.machine, from.machine).latencyNanos());
      return;
    }
    retriedSinceNanos = -1;
    retryNanos = 0;
    long before = arrived;
    long now = universe.nowNanos();
    while (segments > 0 && times[firstSegment] <= now) {
      arrived = ends[firstSegment];
      firstSegment = (firstSegment + 1) & (times.length - 1);
      segments--;
    }
    endArrived = finished && segments == 0 && arrived == tail;
    if (segments > 0) {
      universe.scheduleAt(this, times[firstSegment]);
    }
    universe.trace(Trace.Kind.ARRIVE, to.machine, to.port(), arrived - before, to);
    to.arrived();
  }

  /** As TCP does: with growing intervals, and not for ever. */
  private void retry() {
    long now = universe.nowNanos();
    if (retriedSinceNanos < 0) {
      retriedSinceNanos = now;
    }
    if (now - retriedSinceNanos > GIVE_UP_NANOS) {
      breakOff();
      from.fail(Errno.ETIMEDOUT.negated());
      return;
    }
    retryNanos =
        retryNanos == 0 ? FIRST_RETRY_NANOS : Math.min(retryNanos * 2, LONGEST_RETRY_NANOS);
    universe.schedule(this, retryNanos);
  }

  // ---- the receiver's end

  /** What there is to receive, for those who ask why nobody does. */
  String explainArrivals() {
    String here =
        available() > 0
            ? available() + " bytes have arrived and are not taken"
            : isAtEnd() ? "the end has arrived" : "nothing has arrived";
    boolean isUnderWay = tail > arrived || (finished && !endArrived);
    String more = isUnderWay ? ", " + (tail - arrived) + " bytes are under way" : "";
    return here + more + (route.isCut() || route.isClogged() ? ", " + route : "");
  }

  int available() {
    return (int) (arrived - head);
  }

  /** The end has arrived, maybe behind bytes that nobody has read yet. */
  boolean hasEndArrived() {
    return endArrived;
  }

  boolean isAtEnd() {
    return endArrived && head == arrived;
  }

  boolean hasUnread() {
    return arrived != head;
  }

  void read(long address, int length) {
    peek(address, length);
    head += length;
    if (senderWaits && !window.isScheduled() && !broken) {
      senderWaits = false;
      universe.schedule(window, universe.network().route(to.machine, from.machine).latencyNanos());
    }
  }

  void peek(long address, int length) {
    assert length <= available();
    int at = (int) head & (ring.length - 1);
    int first = Math.min(length, ring.length - at);
    Memory.copy(ring, at, address, first);
    if (first < length) {
      Memory.copy(ring, 0, address + first, length - first);
    }
  }

  /** Nobody receives any more. */
  void discard() {
    head = arrived;
  }
}
