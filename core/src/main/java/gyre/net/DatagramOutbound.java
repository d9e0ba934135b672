package gyre.net;

import gyre.Fiber;
import gyre.engine.Engine;
import gyre.engine.SendTo;
import gyre.engine.Vector;
import gyre.io.ByteQueue;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
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

    /** Made by who waited, and shows where. */
    NetworkException first(UdpSocket socket) {
      assert failures > 0;
      return socket.sendFailure(target, length, result);
    }
  }

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

  int busy() {
    return busy;
  }

  /** A slot that is free, or null. Whoever stands in line comes before newcomers. */
  @Nullable Slot tryTake() {
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
  Slot await(Fiber<?> caller) {
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

  /** Sends what was put into the slot. */
  void submit(Slot slot, @Nullable InetSocketAddress target, @Nullable Outcome outcome) {
    slot.target = target;
    slot.outcome = outcome;
    if (outcome != null) {
      outcome.pending++;
    }
    engine.submit(slot);
  }

  /** Gives back a slot that was not submitted, or has been sent. */
  void free(Slot slot) {
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
    final ByteQueue payload;
    private @Nullable Outcome outcome;
    private @Nullable Slot nextFree;

    Slot(DatagramOutbound outbound) {
      this.outbound = outbound;
      this.payload = new ByteQueue(outbound.engine.pool());
    }

    /** Takes all of a queue, in no more pieces than go to the kernel at once. */
    void take(ByteQueue source) {
      int bytes = (int) source.size();
      payload.append(source);
      if (payload.spans() > Vector.CAPACITY) {
        payload.pullUp(bytes);
      }
    }

    @Override
    public int gather(Vector vector) {
      return payload.gather(vector);
    }

    @Override
    public void sent(int result) {
      outbound.completed(this, result);
    }

    @Override
    public String toString() {
      return "send of " + outbound.socket.name();
    }
  }
}
