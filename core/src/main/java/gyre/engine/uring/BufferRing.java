package gyre.engine.uring;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.EngineUnavailable;
import gyre.sys.CallState;
import gyre.sys.Memory;
import gyre.sys.Uring;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Receive buffers that the kernel chooses from when data is there, so that an idle stream owns
 * none.
 *
 * <p>A buffer is a {@link Block}. The kernel holds one reference while it may still fill it, each
 * slice that is lent holds another; with the last one the buffer comes back and is the next to go
 * to the kernel again (last in, first out: the memory is warm). Only as many buffers take part as
 * are in demand. The memory is reserved at once, but counts only when it is touched.
 */
final class BufferRing implements Block.Owner {
  private static final int STREAM_GROUP = 0;
  private static final int DATAGRAM_GROUP = 1;

  private final CallState calls;
  private final Mapping ring;
  private final Mapping memory;

  /**
   * What views of the memory live by: one that was kept for too long throws instead of crashing.
   */
  private final Arena views = Arena.ofShared();

  private final MemorySegment segment;
  private final int mask;
  private final int bufferBytes;
  private final int group;
  private final boolean isIncremental;

  /** Bounds what the kernel may have at hand; null where these buffers need no room elsewhere. */
  private final @Nullable BlockPool pool;

  /** By number; made when first used. */
  private final @Nullable Block[] blocks;

  /** Where the kernel fills a buffer next. */
  private final int[] positions;

  private final int[] free;
  private int freeCount;
  private int createdCount;

  /** How many buffers the kernel has at hand. */
  private int available;

  /** How many buffers there may be: as many entries as the ring has, or fewer. */
  private final int limit;

  /** The kernel has fewer buffers than are in demand, because the pool has no room for more. */
  private boolean isHeldBack;

  private final BufferDemand demand;
  private int tail;
  private boolean isClosed;

  private BufferRing(
      CallState calls,
      Mapping ring,
      Mapping memory,
      int count,
      int bufferBytes,
      int initial,
      int group,
      boolean isIncremental,
      @Nullable BlockPool pool) {
    this.calls = calls;
    this.ring = ring;
    this.memory = memory;
    this.segment = Memory.segment(memory.address(), memory.bytes(), views);
    this.mask = entries(count) - 1;
    this.limit = count;
    this.pool = pool;
    this.bufferBytes = bufferBytes;
    this.group = group;
    this.isIncremental = isIncremental;
    this.blocks = new Block[count];
    this.positions = new int[count];
    this.free = new int[count];
    this.demand = new BufferDemand(initial, count);
  }

  /** As many entries as a ring for {@code count} buffers has. */
  private static int entries(int count) {
    return count == 1 ? 1 : Integer.highestOneBit(count - 1) << 1;
  }

  /**
   * Incremental if the kernel can do that, else one message to a buffer.
   *
   * @param pool what is received has to be copied into this sooner or later
   */
  static BufferRing forStreams(CallState calls, Ring ring, UringOptions options, BlockPool pool) {
    int initial = options.buffersInitial();
    long limitBytes = options.bufferLimitBytes();
    BufferRing buffers = null;
    if (ring.has(Feature.INCREMENTAL_BUFFERS)) {
      int bytes = options.bufferBytes();
      buffers = register(calls, ring, STREAM_GROUP, bytes, initial, limitBytes, true, pool);
    }
    if (buffers == null) {
      ring.features.remove(Feature.INCREMENTAL_BUFFERS);
      int bytes = options.fixedBufferBytes();
      int more = Math.max(1, options.bufferBytes() / bytes) * initial;
      buffers = register(calls, ring, STREAM_GROUP, bytes, more, limitBytes, false, pool);
    }
    if (buffers == null) {
      throw new EngineUnavailable("the kernel takes no ring of buffers");
    }
    return buffers;
  }

  /** Null if the kernel refuses, or has no memory. */
  static @Nullable BufferRing forDatagrams(CallState calls, Ring ring, UringOptions options) {
    try {
      return register(
          calls,
          ring,
          DATAGRAM_GROUP,
          DatagramReceives.BUFFER_BYTES,
          options.buffersInitial(),
          options.datagramLimitBytes(),
          false,
          null);
    } catch (EngineUnavailable none) {
      return null; // the loop is running by now: who wanted it is told
    }
  }

  /**
   * Null if the kernel refuses; with {@code isIncremental} that may mean just that it is too old.
   */
  private static @Nullable BufferRing register(
      CallState calls,
      Ring owner,
      int group,
      int bufferBytes,
      int initial,
      long limitBytes,
      boolean isIncremental,
      @Nullable BlockPool pool) {
    int count = Math.clamp(limitBytes / bufferBytes, 1, 32768);
    int entries = entries(count);
    long ringBytes = Math.max(4096, (long) entries * Uring.BUFFER_ENTRY_BYTES);
    Mapping ring = Mapping.anonymous(calls, ringBytes + 4096);
    Mapping memory;
    try {
      memory = Mapping.anonymous(calls, (long) count * bufferBytes);
    } catch (EngineUnavailable none) {
      ring.unmap(calls);
      throw none;
    }
    long registration = ring.address() + ringBytes;
    Memory.putLong(registration, ring.address());
    Memory.putInt(registration + 8, entries);
    int flags = isIncremental ? Uring.BUFFER_RING_INCREMENTAL : 0;
    Memory.putInt(registration + 12, group | flags << 16);
    if (owner.register(Uring.REGISTER_PBUF_RING, registration, 1) < 0) {
      ring.unmap(calls);
      memory.unmap(calls);
      return null;
    }
    return new BufferRing(
        calls, ring, memory, count, bufferBytes, initial, group, isIncremental, pool);
  }

  boolean isIncremental() {
    return isIncremental;
  }

  int group() {
    return group;
  }

  int bufferBytes() {
    return bufferBytes;
  }

  int available() {
    return available;
  }

  /**
   * Takes the next {@code length} bytes that the kernel has filled. The caller owns one reference.
   *
   * @return the block; the bytes begin at {@link #takenOffset()}
   */
  Block take(int flags, int length) {
    int id = flags >>> Uring.CQE_BUFFER_SHIFT;
    Block block = blocks[id];
    assert block != null : "the kernel used a buffer that it was never given";
    takenOffset = positions[id];
    positions[id] += length;
    assert positions[id] <= bufferBytes;
    if ((flags & Uring.CQE_BUFFER_MORE) != 0) {
      block.retain();
    } else {
      // The kernel's reference becomes the caller's.
      available--;
      demand.use();
    }
    return block;
  }

  private int takenOffset;

  int takenOffset() {
    return takenOffset;
  }

  /** The kernel ran out of buffers; false if it can't have more at hand. */
  boolean grow() {
    return demand.grow();
  }

  /** Gives the kernel free buffers, as far as it should have more and they could be copied. */
  void replenish() {
    demand.replenish();
    int target = Math.min(demand.target(), affordable());
    if (available < target && hasFree()) {
      do {
        add(freeCount > 0 ? free[--freeCount] : create());
      } while (available < target && hasFree());
      Memory.putShortRelease(ring.address() + Uring.BUFFER_RING_TAIL, (short) tail);
    }
    isHeldBack = available < demand.target();
    if (pool != null && pool.isGoverned()) {
      pool.transit((long) lent() * bufferBytes);
    }
  }

  private boolean hasFree() {
    return freeCount > 0 || createdCount < limit;
  }

  /**
   * All that the kernel delivers must find room in the pool when it stays over a turn: that is the
   * invariant which keeps receiving alive, whatever the handlers do.
   */
  private int affordable() {
    if (pool == null || !pool.isGoverned()) {
      return limit;
    }
    pool.transit((long) lent() * bufferBytes);
    return (int) Math.min(limit, available + pool.roomForTransit() / bufferBytes);
  }

  /** Somebody could not receive, for want of memory and not of buffers. */
  void fallShort() {
    if (pool != null && pool.isGoverned()) {
      pool.fallShort();
    }
  }

  /** Whether the kernel has fewer buffers than are in demand, for want of memory. */
  boolean isHeldBack() {
    return isHeldBack;
  }

  private int create() {
    int id = createdCount++;
    Block block = new Block(this, id, memory.address() + (long) id * bufferBytes, bufferBytes);
    blocks[id] = block;
    return id;
  }

  /** The tail of the ring overlays the last field of entry 0, so that field is never written. */
  private void add(int id) {
    Block block = blocks[id];
    assert block != null && block.references() == 0;
    block.retain();
    positions[id] = 0;
    long entry = ring.address() + (long) (tail & mask) * Uring.BUFFER_ENTRY_BYTES;
    Memory.putLong(entry, block.address);
    Memory.putInt(entry + Uring.BUFFER_ENTRY_LENGTH, bufferBytes);
    Memory.putShort(entry + Uring.BUFFER_ENTRY_ID, (short) id);
    tail++;
    available++;
  }

  @Override
  public void recycle(Block block) {
    free[freeCount++] = block.id;
    if (isClosed && lent() == 0) {
      unmapMemory(calls.another(Arena.global())); // by whoever gave it back, on whatever thread
    }
  }

  @Override
  public MemorySegment memory(Block block) {
    return segment.asSlice(block.address - memory.address(), block.capacity);
  }

  /** How many buffers the kernel should have at hand. */
  int target() {
    return demand.target();
  }

  /** How many of the buffers made so far are lent to users or with the kernel. */
  int lent() {
    return createdCount - freeCount;
  }

  String describe() {
    return "%s buffers of %d KiB"
        .formatted(isIncremental ? "incremental" : "fixed", bufferBytes / 1024);
  }

  /**
   * Only after the kernel has let go of the ring. Memory of which slices are lent stays until the
   * last one is given back, because a late reader must not bring down the process.
   */
  void close() {
    assert !isClosed;
    takeBackFromKernel();
    ring.unmap(calls);
    isClosed = true;
    if (lent() == 0) {
      unmapMemory(calls);
    }
  }

  private void unmapMemory(CallState calls) {
    views.close();
    memory.unmap(calls);
  }

  /** What the kernel has at hand are the last entries, because it uses them in their order. */
  private void takeBackFromKernel() {
    for (; available > 0; available--) {
      long entry = ring.address() + (long) ((tail - available) & mask) * Uring.BUFFER_ENTRY_BYTES;
      int id = Memory.getShort(entry + Uring.BUFFER_ENTRY_ID) & 0xFFFF;
      Block block = blocks[id];
      assert block != null;
      block.release();
    }
  }
}
