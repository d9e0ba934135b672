package gyre.sim.scenario;

import gyre.io.ByteQueue;
import gyre.net.SocketStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;

/**
 * The model of one direction of a connection. What was received is a prefix of what was sent, in
 * order, each byte once; and if the receiver was told that it is over, and neither end that the
 * connection broke, then it is all of it.
 *
 * <p>No byte is stored: each is a function of its place and of the flow's key, so that a byte that
 * is lost, doubled or of another flow is found at the first place where it matters.
 */
final class Flow {
  private static final int CHUNK_LIMIT_BYTES = 16 * 1024;

  private final String name;
  private final long key;
  private long offered;
  private long received;
  private boolean finished;
  private boolean broken;
  private boolean ended;

  Flow(String name, long key) {
    this.name = name;
    this.key = key;
  }

  private byte at(long place) {
    long mixed = (key + (place >>> 3)) * 0x9E3779B97F4A7C15L;
    mixed = (mixed ^ (mixed >>> 29)) * 0xBF58476D1CE4E5B9L;
    return (byte) ((mixed ^ (mixed >>> 32)) >>> ((place & 7) << 3));
  }

  // ---- the sender's end

  /** The bytes that come next; who takes them sends them. */
  byte[] next(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = at(offered + i);
    }
    offered += length;
    return bytes;
  }

  /** Sends so many bytes, in pieces and ways that the plan chooses. */
  void send(SocketStream stream, long bytes, Plan plan) {
    long left = bytes;
    while (left > 0) {
      int length = (int) Math.min(left, plan.magnitude(CHUNK_LIMIT_BYTES));
      byte[] chunk = next(length);
      switch (plan.between(0, 3)) {
        case 0 -> stream.write(chunk);
        case 1 -> stream.write(ByteBuffer.wrap(chunk));
        case 2 -> sendDirect(stream, chunk);
        default -> sendQueue(stream, chunk);
      }
      left -= length;
      if (plan.oneIn(16)) {
        stream.flush();
      }
    }
  }

  /** Not by allocateDirect: worlds on other threads would make the fiber wait for their lock. */
  private static void sendDirect(SocketStream stream, byte[] chunk) {
    try (Arena arena = Arena.ofConfined()) {
      stream.write(arena.allocate(chunk.length).asByteBuffer().put(chunk).flip());
    }
  }

  private static void sendQueue(SocketStream stream, byte[] chunk) {
    try (ByteQueue queue = stream.input().sibling()) {
      queue.append(chunk);
      stream.write(queue);
    }
  }

  /** The sender has sent all that it wanted to, and says so to the other end. */
  void finished() {
    finished = true;
  }

  // ---- the receiver's end

  /** Takes all that is there. */
  void receive(ByteQueue in) {
    while (!in.isEmpty()) {
      check(in.readByte());
    }
  }

  void receive(ByteBuffer in) {
    while (in.hasRemaining()) {
      check(in.get());
    }
  }

  private void check(byte actual) {
    if (ended) {
      throw new AssertionError(name + ": a byte came after the end");
    }
    if (received >= offered) {
      throw new AssertionError(
          name + ": byte " + received + " was received, and only " + offered + " were sent");
    }
    byte expected = at(received);
    if (actual != expected) {
      throw new AssertionError(
          name + ": byte " + received + " is " + actual + ", and " + expected + " was sent");
    }
    received++;
  }

  /** The receiver was told that nothing more comes. */
  void ended() {
    if (ended) {
      throw new AssertionError(name + ": its end was told twice");
    }
    ended = true;
    if (!broken && (!finished || received != offered)) {
      throw new AssertionError(
          name
              + ": an orderly end after "
              + received
              + " bytes, and "
              + offered
              + (finished ? "" : " or more")
              + " were sent");
    }
  }

  /** One of the ends was told that the connection is no more, or gave it up. */
  void broke() {
    broken = true;
  }

  long received() {
    return received;
  }

  long offered() {
    return offered;
  }

  boolean isBroken() {
    return broken;
  }

  /** When the world has ended. */
  void checkOver() {
    if (!broken && !ended) {
      throw new AssertionError(
          name + ": after " + received + " of " + offered + " bytes nothing more came, and no end");
    }
  }

  @Override
  public String toString() {
    return name + " (" + received + " of " + offered + " bytes" + (broken ? ", broken)" : ")");
  }
}
