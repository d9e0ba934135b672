package gyre.net;

import gyre.Fiber;
import gyre.engine.Engine;
import gyre.engine.SendTo;
import gyre.engine.Vector;
import gyre.io.ByteQueue;
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
 * <p>Who finds no slot free waits in line. A slot that becomes free wakes the first of the line; if
 * that one was cancelled meanwhile, it passes the turn on.
 */
final class DatagramOutbound {
  /** The outcome of one or more datagrams that somebody waits for. */
  static final class Outcome {
    private final @Nullable Fiber<?> waiter;
    int pending;
    int failures;

    /** Of the first that failed. */
    private int result;

    private @Nullable SocketAddress target;
    private long length;

    Outcome(@Nullable Fiber<?> waiter) {
      this.waiter = waiter;
    }

    private void failed(Slot slot, int error) {
      if (failures++ == 0) {
        result = error;
        target = slot.target;
        length = slot.payload.size();
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
  private final ArrayDeque<Fiber<?>> waiting = new ArrayDeque<>(0);

  long sent;
  long failed;

  DatagramOutbound(UdpSocket socket, Engine engine, int descriptor, int limit) {
    this.socket = socket;
    this.engine = engine;
    this.descriptor = descriptor;
    this.limit = limit;
    this.slots = new @Nullable Slot[limit];
  }

  /** Those who stand in line for a slot. */
  void eachWaiting(Consumer<Fiber<?>> told) {
    waiting.forEach(told);
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
      Filling<P> filling,
      @Nullable InetSocketAddress target,
      @Nullable Outcome outcome) {
    fillAndSubmit(await(caller), payload, filling, target, outcome);
  }

  /** As {@link #send}, for nobody who waits; false where all slots are busy. */
  <P> boolean trySend(P payload, Filling<P> filling, @Nullable InetSocketAddress target) {
    Slot slot = tryTake();
    if (slot == null) {
      return false;
    }
    fillAndSubmit(slot, payload, filling, target, null);
    return true;
  }

  private <P> void fillAndSubmit(
      Slot slot,
      P payload,
      Filling<P> filling,
      @Nullable InetSocketAddress target,
      @Nullable Outcome outcome) {
    boolean isFilled = false;
    try {
      filling.fill(slot, payload);
      isFilled = true;
    } finally {
      if (!isFilled) {
        free(slot);
      }
    }
    submit(slot, target, outcome);
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
    boolean isBack = false;
    while (slot == null) {
      socket.checkSendable();
      standInLine(caller, isBack);
      isBack = true;
      slot = take();
    }
    return slot;
  }

  private void standInLine(Fiber<?> caller, boolean atItsHead) {
    if (atItsHead) {
      waiting.addFirst(caller);
    } else {
      waiting.addLast(caller);
    }
    boolean isDone = false;
    try {
      socket.parkSender(caller);
      isDone = true;
    } finally {
      boolean wasCalled = !waiting.remove(caller);
      if (wasCalled && !isDone) {
        callNext();
      }
    }
  }

  private void callNext() {
    Fiber<?> next = waiting.poll();
    if (next != null) {
      socket.resumeSender(next);
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

  /** Gives back a slot that was not submitted, or has been sent. */
  private void free(Slot slot) {
    assert slot.isIdle();
    slot.payload.clear();
    slot.target = null;
    slot.outcome = null;
    slot.nextFree = firstFree;
    firstFree = slot;
    busy--;
    callNext();
  }

  private void completed(Slot slot, int result) {
    Outcome outcome = slot.outcome;
    if (result >= 0) {
      sent++;
    } else {
      failed++;
      if (outcome == null) {
        socket.looseSendFailed(slot.target, slot.payload.size(), result);
      } else {
        outcome.failed(slot, result);
      }
    }
    free(slot);
    if (outcome != null && --outcome.pending == 0 && outcome.waiter != null) {
      socket.resumeSender(outcome.waiter);
    }
    if (!socket.isOpen()) {
      socket.operationEnded();
    }
  }

  /** Everybody in line sees that the socket is closed. */
  void wakeAll() {
    while (!waiting.isEmpty()) {
      callNext();
    }
  }

  void cancelAll() {
    for (int i = 0; i < made; i++) {
      Slot slot = slots[i];
      assert slot != null;
      engine.cancel(slot);
    }
  }

  static final class Slot extends SendTo {
    private final DatagramOutbound outbound;
    private final ByteQueue payload;
    private @Nullable Outcome outcome;
    private @Nullable Slot nextFree;

    Slot(DatagramOutbound outbound) {
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
