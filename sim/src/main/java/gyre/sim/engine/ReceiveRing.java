package gyre.sim.engine;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Receive buffers that the kernel chooses from when data is there, as those of io_uring: it fills
 * one after the other, bit by bit, and a buffer comes back only with the last slice of it. So one
 * byte that somebody keeps pins a whole buffer.
 *
 * <p>The kernel gets more of them when it ran out, but never more than could be copied into the
 * pool.
 */
final class ReceiveRing implements Block.Owner {
  private static final byte POISON = (byte) 0xDB;
  private static final int LEAST_BYTES = 4096;
  private static final int MOST_BYTES = 64 * 1024;
  private static final int RECEIVERS_PER_BUFFER = 16;

  private final BlockPool pool;
  private final int bufferBytes;
  private final int limit;
  private final Arena arena = Arena.ofAuto();

  /** All buffers: their addresses are valid as long as somebody has them. */
  private final List<MemorySegment> memory = new ArrayList<>();

  private final ArrayDeque<Block> free = new ArrayDeque<>();
  private final ArrayDeque<Block> atHand = new ArrayDeque<>();
  private final ArrayDeque<StreamSocket> starving = new ArrayDeque<>();
  private int created;
  private int target = 1;

  /** Where the kernel goes on in the first buffer at hand. */
  private int position;

  private int takenOffset;
  private boolean isShort;

  ReceiveRing(BlockPool pool) {
    this.pool = pool;
    long ring = pool.limitBytes() / 4;
    this.bufferBytes = Math.clamp(Long.highestOneBit(ring / 8), LEAST_BYTES, MOST_BYTES);
    this.limit = (int) Math.max(1, ring / bufferBytes);
  }

  // ---- the kernel's side

  /** The most that one piece can have; 0 if there is no buffer. */
  int space() {
    return atHand.isEmpty() ? 0 : bufferBytes - position;
  }

  /** A slice of what the kernel has at hand; the caller owns one reference. */
  Block take(int length) {
    Block block = atHand.getFirst();
    takenOffset = position;
    position += length;
    if (position == bufferBytes) {
      atHand.removeFirst(); // the kernel's reference becomes the caller's
      position = 0;
    } else {
      block.retain();
    }
    return block;
  }

  int takenOffset() {
    return takenOffset;
  }

  /** A receiver has found no buffer, and waits. */
  void starve(StreamSocket socket) {
    isShort = true;
    starving.add(socket);
  }

  void forget(StreamSocket socket) {
    starving.remove(socket);
  }

  boolean isStarving() {
    return !starving.isEmpty();
  }

  // ---- the engine's side

  /** Gives the kernel buffers, and to those who starve another try, of this or another kind. */
  void replenish() {
    if (isShort) {
      isShort = false;
      target = Math.min(limit, target * 2);
    }
    count();
    int most = (int) Math.min(target, atHand.size() + pool.roomForTransit() / bufferBytes);
    while (atHand.size() < most && (!free.isEmpty() || created < limit)) {
      Block block = free.isEmpty() ? create() : free.removeLast();
      block.retain();
      atHand.add(block);
    }
    count();
    feed();
  }

  private void feed() {
    if (starving.isEmpty()) {
      return;
    }
    boolean isOut = atHand.isEmpty();
    if (isOut) {
      pool.fallShort();
    }
    int places = isOut ? starving.size() : atHand.size() * RECEIVERS_PER_BUFFER;
    for (; places > 0 && !starving.isEmpty(); places--) {
      StreamSocket socket = starving.remove();
      socket.receivesExactly |= isOut;
      socket.ready();
    }
  }

  private void count() {
    if (pool.isGoverned()) {
      pool.transit((long) (created - free.size()) * bufferBytes);
    }
  }

  private Block create() {
    MemorySegment buffer = arena.allocate(bufferBytes);
    memory.add(buffer);
    return new Block(this, created++, Memory.attachWeakly(buffer), bufferBytes);
  }

  @Override
  public void recycle(Block block) {
    Memory.fill(block.address, block.capacity, POISON);
    free.add(block);
  }

  /** The kernel lets go. The number of bytes that others still hold. */
  long close() {
    while (!atHand.isEmpty()) {
      atHand.removeFirst().release();
    }
    return (long) (created - free.size()) * bufferBytes;
  }
}
