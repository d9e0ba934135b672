package gyre.net;

import gyre.Fiber;
import gyre.WaitPoint;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.engine.SendTo;
import gyre.engine.Vector;
import gyre.io.ByteQueue;
import gyre.io.PoolExhaustedException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a datagram socket: a bounded number of slots, each with one datagram in
 * flight or free. They are made on demand and reused, so that sending allocates nothing.
 *
 * <p>Who finds no slot free waits in line. A slot that becomes free is handed to the first of the
 * line; if that one was cancelled meanwhile, it hands the slot on.
 */
final class DatagramOutput {
  /** The outcome of one or more datagrams that somebody waits for. */
  static final class Outcome extends WaitPoint {
    private final UdpSocket socket;
    private int pending;
    int failures;

    /** Of the first that failed. */
    private int result;

    private @Nullable SocketAddress target;
    private long length;

    Outcome(UdpSocket socket) {
      this.socket = socket;
    }

    @Override
    public boolean isReady() {
      return pending == 0;
    }

    @Override
    public String doing() {
      return "sending on " + socket.name();
    }

    private void ended() {
      pending--;
      if (pending == 0) {
        wakeAll();
      }
    }

    private void failed(@Nullable SocketAddress where, long bytes, int error) {
      if (failures++ == 0) {
        result = error;
        target = where;
        length = bytes;
      }
    }

    /** Made by who waited for {@code total} datagrams, and shows where. */
    NetworkException toException(UdpSocket socket, int total) {
      assert failures > 0;
      NetworkException first = socket.sendFailure(target, length, result);
      if (failures == 1) {
        return first;
      }
      NetworkException all =
          new NetworkException(
              "send with",
              socket.name(),
              failures + " of " + total + " datagrams failed, the first: " + first.getMessage(),
              first.errno());
      all.addSuppressed(first);
      return all;
    }
  }

  /** The place in line of a fiber that found no slot free; it is handed the slot. */
  private static final class Place extends WaitPoint {
    private final UdpSocket socket;
    private final Fiber<?> fiber;
    private @Nullable Slot slot;

    Place(UdpSocket socket, Fiber<?> fiber) {
      this.socket = socket;
      this.fiber = fiber;
    }

    @Override
    public boolean isReady() {
      return slot != null || !socket.isOpen();
    }

    @Override
    public String doing() {
      return "sending on " + socket.name();
    }
  }

  /** How a payload gets into a slot. */
  interface Filling<P> {
    void fill(Slot slot, P payload);
  }

  static final Filling<ByteBuffer> COPYING = (slot, payload) -> slot.payload.append(payload);
  static final Filling<ByteQueue> MOVING = Slot::take;

  private final UdpSocket socket;
  private final Engine engine;
  private final int descriptor;
  private final int limit;
  private final @Nullable Slot[] slots;
  private int made;
  private int busy;
  private @Nullable Slot firstFree;
  private final ArrayDeque<Place> waiting = new ArrayDeque<>(0);

  long sent;
  long failed;

  DatagramOutput(UdpSocket socket, Engine engine, int descriptor, int limit) {
    this.socket = socket;
    this.engine = engine;
    this.descriptor = descriptor;
    this.limit = limit;
    this.slots = new @Nullable Slot[limit];
  }

  /** Those who stand in line for a slot. */
  void eachWaiting(Consumer<Fiber<?>> told) {
    waiting.forEach(place -> told.accept(place.fiber));
  }

  int busy() {
    return busy;
  }

  /**
   * Puts a payload into a slot and sends it. The calling fiber parks while all slots are busy.
   *
   * @param outcome what is to be told, or null if nobody waits for it
   */
  <P> void send(
      Fiber<?> caller,
      P payload,
      long length,
      Filling<P> filling,
      @Nullable InetSocketAddress target,
      @Nullable Outcome outcome) {
    Slot slot = await(caller);
    if (fill(slot, payload, filling)) {
      submit(slot, target, outcome);
    } else {
      failed(target, length, Errno.ENOBUFS.negated(), outcome);
    }
  }

  /** As {@link #send}, for nobody who waits; false where no slot is free, or no memory. */
  <P> boolean trySend(P payload, Filling<P> filling, @Nullable InetSocketAddress target) {
    Slot slot = tryTake();
    if (slot == null || !fill(slot, payload, filling)) {
      return false;
    }
    submit(slot, target, null);
    return true;
  }

  /** False where there is no memory: then the slot is free again, and the payload is whole. */
  private <P> boolean fill(Slot slot, P payload, Filling<P> filling) {
    boolean isFilled = false;
    try {
      filling.fill(slot, payload);
      isFilled = true;
    } catch (PoolExhaustedException e) {
      // As where the kernel has none: a datagram that is not sent.
    } finally {
      if (!isFilled) {
        free(slot);
      }
    }
    return isFilled;
  }

  /** A slot that is free, or null. Whoever stands in line comes before newcomers. */
  private @Nullable Slot tryTake() {
    return waiting.isEmpty() ? take() : null;
  }

  private @Nullable Slot take() {
    Slot slot = firstFree;
    if (slot != null) {
      firstFree = slot.nextFree;
      slot.nextFree = null;
    } else if (made < limit) {
      slot = new Slot(this);
      slot.descriptor = descriptor;
      slots[made++] = slot;
    } else {
      return null;
    }
    busy++;
    return slot;
  }

  /** A slot for the calling fiber, which parks while all are busy. */
  private Slot await(Fiber<?> caller) {
    Slot slot = tryTake();
    if (slot != null) {
      return slot;
    }
    socket.checkSendable();
    Place place = new Place(socket, caller);
    waiting.addLast(place);
    try {
      Fiber.await(place);
      socket.checkStillSendable(caller);
    } catch (Throwable e) {
      leave(place);
      throw e;
    }
    slot = place.slot;
    assert slot != null;
    return slot;
  }

  /** A sender was cancelled, or the socket closed: the next in line gets what it had. */
  private void leave(Place place) {
    Slot slot = place.slot;
    if (slot == null) {
      waiting.remove(place);
    } else {
      place.slot = null;
      free(slot);
      if (!socket.isOpen()) {
        socket.operationEnded();
      }
    }
  }

  private void submit(Slot slot, @Nullable InetSocketAddress target, @Nullable Outcome outcome) {
    slot.target = target;
    slot.outcome = outcome;
    if (outcome != null) {
      outcome.pending++;
    }
    engine.submit(slot);
  }

  /** A slot that was not submitted, or has been sent: the first in line gets it. */
  private void free(Slot slot) {
    assert slot.isIdle();
    slot.payload.clear();
    slot.target = null;
    slot.outcome = null;
    Place next = socket.isOpen() ? waiting.poll() : null;
    if (next == null) {
      slot.nextFree = firstFree;
      firstFree = slot;
      busy--;
    } else {
      next.slot = slot;
      next.wakeAll();
    }
  }

  private void failed(
      @Nullable SocketAddress target, long length, int result, @Nullable Outcome outcome) {
    failed++;
    if (outcome == null) {
      socket.looseSendFailed(target, length, result);
    } else {
      outcome.failed(target, length, result);
    }
  }

  private void completed(Slot slot, int result) {
    Outcome outcome = slot.outcome;
    if (result >= 0) {
      sent++;
    } else {
      failed(slot.target, slot.payload.size(), result, outcome);
    }
    free(slot);
    if (outcome != null) {
      outcome.ended();
    }
    if (!socket.isOpen()) {
      socket.operationEnded();
    }
  }

  /** Everybody in line sees that the socket is closed, and leaves. */
  void wakeAll() {
    waiting.forEach(WaitPoint::wakeAll);
  }

  void cancelAll() {
    for (int i = 0; i < made; i++) {
      Slot slot = slots[i];
      assert slot != null;
      engine.cancel(slot);
    }
  }

  static final class Slot extends SendTo {
    private final DatagramOutput outbound;
    private final ByteQueue payload;
    private @Nullable Outcome outcome;
    private @Nullable Slot nextFree;

    Slot(DatagramOutput outbound) {
      this.outbound = outbound;
      this.payload = new ByteQueue(outbound.engine.pool());
    }

    /** Takes all of a queue, in no more pieces than go to the kernel at once, or nothing. */
    private void take(ByteQueue source) {
      payload.append(source);
      if (payload.spans() <= Vector.CAPACITY) {
        return;
      }
      boolean isDone = false;
      try {
        payload.pullUp((int) payload.size());
        isDone = true;
      } finally {
        if (!isDone) {
          source.append(payload); // of the same pool: what is copied from another has few pieces
        }
      }
    }

    @Override
    public int gather(Vector vector) {
      return payload.gather(vector);
    }

    @Override
    public void ended(int result) {
      outbound.completed(this, result);
    }

    @Override
    public String toString() {
      return "send of " + outbound.socket.name();
    }
  }
}
