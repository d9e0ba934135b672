package gyre.sim.real;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/** The model of one connection, which both of its ends know. */
final class Connection {
  private static final byte POISON = (byte) 0xEE;

  private final int number;
  private final boolean cannotReset;
  private final Flow forward;
  private final Flow backward;
  private final AtomicInteger lent = new AtomicInteger();
  private volatile boolean mayBreak;
  private volatile boolean isAwaited;

  Connection(int number, boolean cannotReset) {
    this.number = number;
    this.cannotReset = cannotReset;
    this.forward = new Flow(this, false);
    this.backward = new Flow(this, true);
  }

  int number() {
    return number;
  }

  Flow flow(boolean isBackward) {
    return isBackward ? backward : forward;
  }

  /** Before an end does what makes the other fail: a reset, a close before the end. */
  void breakSoon() {
    mayBreak = true;
  }

  boolean mayBreak() {
    return mayBreak;
  }

  /** The sender waits for all that it has sent to be read, so nothing may be left for later. */
  void await() {
    isAwaited = true;
  }

  boolean isAwaited() {
    return isAwaited;
  }

  /** A Unix-domain socket has no reset: whatever ends it early looks like an end. */
  boolean cannotReset() {
    return cannotReset;
  }

  /** Memory for a write by reference. Once it is given back it is overwritten. */
  ByteBuffer lend(byte[] bytes) {
    lent.incrementAndGet();
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length);
    buffer.put(bytes).flip();
    return buffer;
  }

  void giveBack(ByteBuffer buffer) {
    for (int i = 0; i < buffer.capacity(); i++) {
      buffer.put(i, POISON);
    }
    if (lent.decrementAndGet() < 0) {
      throw new AssertionError("memory of connection " + number + " was given back twice");
    }
  }

  int lent() {
    return lent.get();
  }

  long moved() {
    return forward.moved() + backward.moved();
  }

  String progress() {
    return forward.progress() + "; " + backward.progress() + (mayBreak ? "; may break" : "");
  }
}
