package gyre.engine;

import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

// Over 500 lines: one set of limits, which every take and every release looks at.
/**
 * A bounded pool of off-heap blocks in two sizes, confined to one loop.
 *
 * <p>Memory is taken from the system a slab at a time; free blocks are reused last in, first out,
 * so that the warmest is next. The pool never grows beyond its limit: where there is no block left,
 * {@link #take} answers null, and the caller waits (see {@link #addListener}) or refuses.
 *
 * <p>After a peak the memory stays, because giving it back at once would cost system calls and
 * fresh pages with every burst. It goes back to the system with {@link #trim}, which a loop calls
 * when it has nothing better to do, and by itself where one size needs what lies idle in the other.
 */
public final class BlockPool implements Block.Owner, AutoCloseable {
  public static final int SMALL_BYTES = 1024;
  public static final int LARGE_BYTES = 16 * 1024;
  private static final int SLAB_BYTES = 256 * 1024;
  private static final int DETACHED_SLAB_BYTES = 64 * 1024;
  private static final int PAGE_BYTES = 4096;
  private static final int FREE_CHUNKS_LIMIT = 4096;

  /** Fills what is given back with {@code 0xDB}, so that whoever still reads it notices. */
  private static final boolean POISON = Boolean.getBoolean("gyre.debug.poison");

  private static final byte POISON_BYTE = (byte) 0xDB;
  private static final Runnable[] NO_LISTENERS = {};

  /** So little is never in use. */
  private static final long NEVER = -1;

  /** Watches over blocks that are not lent, for those who look for misuse. */
  public interface Guard {
    /** {@code block} has come back: nobody may touch it from now on. */
    void returned(Block block);

    /** {@code block} is lent again. */
    void taken(Block block);
  }

  private final @Nullable Guard guard;
  private final long limitBytes;
  private final int slabBytes;
  private final boolean detached;
  private final Slabs small = new Slabs(this, SMALL_BYTES);
  private final Slabs large = new Slabs(this, LARGE_BYTES);

  private Runnable[] listeners = NO_LISTENERS;

  /** Callbacks of lent memory run at once where no loop has said otherwise. */
  private Executor releases = Runnable::run;

  private boolean starved;

  /** The last slab that was wanted was not to be had, whatever the limit says. */
  private boolean isRefusedBySystem;

  private boolean closed;

  private long reservedBytes;
  private long usedBytes;
  private long peakBytes;
  private long refusals;

  /** What of the limit ordinary takes leave alone; see {@link #govern}. */
  private long reserveBytes;

  /** The part of the reserve that the engine may take to receive into. */
  private long landingBytes;

  /** The part of the reserve that only small blocks may have. */
  private long floorBytes;

  /** Memory of the engine's own that may still have to be copied into this pool. */
  private long transitBytes;

  /** Bytes that may still be delivered to those who were told so. */
  private long promisedBytes;

  /** The limits of the three kinds of takes, made of the fields above. */
  private long ordinaryLimit;

  private long transitLimit;
  private long reservedLimit;
  private long copyLimit;

  private Runnable governor = () -> {};
  private long alarmAbove = Long.MAX_VALUE;

  /** What {@link #wakeAt} was given; and the used bytes that come to the same. */
  private long wakeInUse = NEVER;

  private long wakeRoom = Long.MAX_VALUE;
  private long wakeUsed = NEVER;
  private long ringCap = Long.MAX_VALUE;
  private long landingCap = Long.MAX_VALUE;
  private boolean isShort;

  private @Nullable Chunk freeChunks;
  private int freeChunkCount;

  /** A pool for a loop, which closes it. */
  public BlockPool(long limitBytes) {
    this(limitBytes, false, null);
  }

  /** A pool for a loop, with somebody who watches it. */
  public static BlockPool guarded(long limitBytes, Guard guard) {
    return new BlockPool(limitBytes, false, guard);
  }

  private BlockPool(long limitBytes, boolean detached, @Nullable Guard guard) {
    if (limitBytes < SMALL_BYTES) {
      throw new IllegalArgumentException(
          "a pool of " + limitBytes + " bytes is too small: at least " + SMALL_BYTES);
    }
    this.guard = guard;
    this.limitBytes = limitBytes;
    this.detached = detached;
    long share = limitBytes / 4 / LARGE_BYTES * LARGE_BYTES;
    int preferred = detached ? DETACHED_SLAB_BYTES : SLAB_BYTES;
    this.slabBytes = Math.clamp(share, LARGE_BYTES, preferred);
    limitsChanged();
  }

  /**
   * A pool that nobody has to close: its memory goes when nothing refers to its blocks any more.
   */
  public static BlockPool detached(long limitBytes) {
    return new BlockPool(limitBytes, true, null);
  }

  // ---- the reserve: see docs/guide/limits.md

  /**
   * From now on ordinary takes leave a part of the limit alone, so that there is always room to
   * receive a little on every stream, and to copy what the engine has received into memory of its
   * own.
   *
   * @param reserve all that is left alone
   * @param floors of it for small blocks alone
   * @param landing of it for receiving into
   * @param newGovernor is told as {@link #alarmAbove}, {@link #wakeAt} and {@link #fallShort} say,
   *     from inside a take or a release: it must only note the fact
   */
  public void govern(long reserve, long floors, long landing, Runnable newGovernor) {
    assert floors + landing <= reserve && reserve < limitBytes;
    reserveBytes = reserve;
    floorBytes = floors;
    landingBytes = landing;
    governor = newGovernor;
    limitsChanged();
  }

  public boolean isGoverned() {
    return reserveBytes > 0;
  }

  private void limitsChanged() {
    long ordinaryBefore = ordinaryLimit;
    long transitBefore = transitLimit;
    reservedLimit = limitBytes - promisedBytes - transitBytes;
    copyLimit = limitBytes - promisedBytes;
    ordinaryLimit = reservedLimit - reserveBytes;
    transitLimit = Math.min(ordinaryLimit + landingBytes, landingCap);
    wakeUsed = Math.max(wakeInUse - transitBytes, ordinaryLimit - wakeRoom);
    if (ordinaryLimit > ordinaryBefore || transitLimit > transitBefore) {
      tellListeners(); // what was refused may be had now, though no block came back
    }
  }

  /** Tells the governor once when more than so much is used or in transit. */
  public void alarmAbove(long bytes) {
    alarmAbove = bytes;
  }

  private void alarmIfAbove() {
    if (usedBytes + transitBytes > alarmAbove) {
      alarmAbove = Long.MAX_VALUE;
      governor.run();
    }
  }

  /**
   * Bounds what is received without being asked for.
   *
   * @param ring of memory in use and in transit, up to which an engine has buffers at hand
   * @param landing up to which it takes blocks from here
   */
  public void transitCaps(long ring, long landing) {
    ringCap = ring;
    landingCap = landing;
    limitsChanged();
  }

  /** How many bytes more an engine should have at hand. */
  public long roomForTransit() {
    return Math.max(0, Math.min(roomBytes(), ringCap - usedBytes - transitBytes));
  }

  /**
   * Tells the governor once when no more than {@code inUse} is used or in transit, or when ordinary
   * takes could have {@code room}: whatever it is that falls, what is used, in transit or promised.
   */
  public void wakeAt(long inUse, long room) {
    wakeInUse = inUse;
    wakeRoom = room;
    limitsChanged();
  }

  public void neverWake() {
    wakeAt(NEVER, Long.MAX_VALUE);
  }

  private void wakeIfReached() {
    if (usedBytes <= wakeUsed) {
      neverWake();
      governor.run();
    }
  }

  /** For an engine: so much memory of its own is with the kernel or lent. */
  public void transit(long bytes) {
    if (transitBytes != bytes) {
      transitBytes = bytes;
      limitsChanged();
      alarmIfAbove();
      wakeIfReached();
    }
  }

  public long transitBytes() {
    return transitBytes;
  }

  /** So many bytes more (or fewer) will be received for sure. */
  public void promise(long bytes) {
    promisedBytes += bytes;
    assert promisedBytes >= 0;
    limitsChanged();
    wakeIfReached();
  }

  public long promisedBytes() {
    return promisedBytes;
  }

  public long reserveBytes() {
    return reserveBytes;
  }

  /** What ordinary takes may have at most. */
  public long commonBytes() {
    return limitBytes - reserveBytes;
  }

  /** What ordinary takes could have now; negative while the reserve is in use. */
  public long roomBytes() {
    return ordinaryLimit - usedBytes;
  }

  /** What is in use, may still be received and is promised fits into the limit. */
  public boolean holdsInvariant() {
    return usedBytes + transitBytes + promisedBytes <= limitBytes;
  }

  /** Somebody could not receive as they should: tells the governor, once until it has an answer. */
  public void fallShort() {
    if (!isShort) {
      isShort = true;
      governor.run();
    }
  }

  public boolean isShort() {
    return isShort;
  }

  /** There is memory again, or nobody wants it any more. */
  public void shortageEnded() {
    isShort = false;
  }

  // ---- blocks

  /**
   * A block with one reference: small if that holds {@code sizeHint}, else large; null if
   * exhausted.
   */
  public @Nullable Block take(int sizeHint) {
    return counted(tryTake(sizeHint <= SMALL_BYTES ? small : large, ordinaryLimit));
  }

  /** Like {@link #take}, but rather the other size than none. */
  public @Nullable Block takeAny(long sizeHint) {
    return counted(tryTakeAny(sizeHint, ordinaryLimit));
  }

  /**
   * A block for an engine to receive into: a large one, or a small one where small ones have all
   * that the system gave, and whoever was promised memory would wait for a large one for good.
   */
  public @Nullable Block takeTransit() {
    Block block = counted(tryTakeAny(LARGE_BYTES, landingLimit()));
    if (block == null && isGoverned()) {
      fallShort();
    }
    return block;
  }

  /** Whether {@link #takeTransit} would find a block; false where only a trim would make room. */
  public boolean hasTransit() {
    return hasTransit(large) || hasTransit(small);
  }

  private boolean hasTransit(Slabs slabs) {
    return usedBytes + slabs.blockBytes <= landingLimit()
        && (slabs.freeBytes() > 0 || (growth(slabs) > 0 && !isRefusedBySystem));
  }

  /** What is received on many streams must not keep the next from being received on one more. */
  private long landingLimit() {
    long floorsInUse = Math.min(floorBytes, small.lentBytes());
    return Math.min(transitLimit + floorsInUse, landingCap);
  }

  /** Like {@link #takeAny}, from the reserve where nothing else is left: for the first KiB. */
  public @Nullable Block takeReserved(int sizeHint) {
    return counted(tryTakeAny(sizeHint, reservedLimit));
  }

  /** Like {@link #takeAny}, for a copy that frees memory which the engine receives into. */
  public @Nullable Block takeForCopy(int sizeHint) {
    return counted(tryTakeAny(sizeHint, copyLimit));
  }

  /**
   * A block of at least {@code bytes}, with one reference; null if exhausted. Beyond {@link
   * #LARGE_BYTES} it comes from the system and goes back there at once: for the exception.
   */
  public @Nullable Block takeContiguous(int bytes) {
    if (bytes <= SMALL_BYTES) {
      return takeAny(bytes);
    }
    return bytes <= LARGE_BYTES ? take(bytes) : counted(takeOversize(bytes));
  }

  private @Nullable Block tryTakeAny(long sizeHint, long limit) {
    boolean isSmall = sizeHint <= SMALL_BYTES;
    Block block = tryTake(isSmall ? small : large, limit);
    return block != null ? block : tryTake(isSmall ? large : small, limit);
  }

  private @Nullable Block tryTake(Slabs slabs, long limit) {
    if (closed || usedBytes + slabs.blockBytes > limit) {
      return null;
    }
    Block block = slabs.take();
    return block != null || !grow(slabs) ? block : slabs.take();
  }

  private @Nullable Block counted(@Nullable Block block) {
    if (block == null) {
      refuse();
      return null;
    }
    if (guard != null) {
      guard.taken(block);
    }
    block.filled = 0;
    block.retain();
    usedBytes += block.capacity;
    peakBytes = Math.max(peakBytes, usedBytes);
    alarmIfAbove();
    return block;
  }

  /** Counts a want that this pool could not fulfil; listeners hear of the next block given back. */
  public void refuse() {
    refusals++;
    starved = true;
  }

  @Override
  public void recycle(Block block) {
    assert block.capacity == SMALL_BYTES || block.capacity == LARGE_BYTES;
    usedBytes -= block.capacity;
    if (POISON) {
      Memory.fill(block.address, block.capacity, POISON_BYTE);
    }
    if (guard != null) {
      guard.returned(block);
    }
    (block.capacity == SMALL_BYTES ? small : large).give(block);
    if (closed) {
      trim();
    } else {
      wakeIfReached();
      tellListeners();
    }
  }

  @Override
  public MemorySegment memory(Block block) {
    return (block.capacity == SMALL_BYTES ? small : large).memory(block);
  }

  private boolean grow(Slabs slabs) {
    long bytes = growth(slabs);
    if (bytes == 0 && trim() > 0) {
      bytes = growth(slabs);
    }
    if (bytes == 0) {
      return false;
    }
    Arena arena = detached ? Arena.ofAuto() : Arena.ofShared();
    MemorySegment memory = reserve(arena, bytes);
    isRefusedBySystem = memory == null;
    if (memory == null) {
      return false;
    }
    slabs.add(memory, detached ? null : arena);
    return true;
  }

  /** Neither size may take the right of the other: a first KiB must not cost a large block. */
  private long growth(Slabs slabs) {
    long right = limitBytes - (slabs == large ? floorBytes : landingBytes);
    long bytes = Math.min(slabBytes, Math.min(growableBytes(), right - slabs.bytes()));
    if (bytes <= 0) {
      return 0;
    }
    return bytes / slabs.blockBytes * slabs.blockBytes;
  }

  /** Null where the JVM or the system has no memory left, which is a refusal like any other. */
  private @Nullable MemorySegment reserve(Arena arena, long bytes) {
    try {
      MemorySegment memory = arena.allocate(bytes, PAGE_BYTES);
      reservedBytes += bytes;
      return memory;
    } catch (OutOfMemoryError noMemory) {
      if (!detached) {
        arena.close();
      }
      return null;
    }
  }

  private @Nullable Block takeOversize(int bytes) {
    long rounded = ((bytes - 1L) / LARGE_BYTES + 1) * LARGE_BYTES;
    if (usedBytes + rounded > ordinaryLimit) {
      return null;
    }
    if (rounded > growableBytes()) {
      trim();
    }
    if (rounded > growableBytes() || rounded > Integer.MAX_VALUE) {
      return null;
    }
    Arena arena = detached ? Arena.ofAuto() : Arena.ofShared();
    MemorySegment memory = reserve(arena, rounded);
    if (memory == null) {
      return null;
    }
    long address = detached ? Memory.attachWeakly(memory) : Memory.attach(memory);
    return new Block(new Oversize(memory, detached ? null : arena), 0, address, (int) rounded);
  }

  /** The owner of one block that is larger than a large one. */
  private final class Oversize implements Block.Owner {
    private final MemorySegment memory;
    private final @Nullable Arena arena;

    Oversize(MemorySegment memory, @Nullable Arena arena) {
      this.memory = memory;
      this.arena = arena;
    }

    @Override
    public void recycle(Block block) {
      usedBytes -= block.capacity;
      reservedBytes -= block.capacity;
      Memory.detach(block.address);
      if (arena != null) {
        arena.close();
      }
      if (!closed) {
        wakeIfReached();
        tellListeners();
      }
    }

    @Override
    public MemorySegment memory(Block block) {
      return memory;
    }
  }

  /** Gives all memory of which nothing is lent back to the system. The number of bytes. */
  public long trim() {
    long bytes = small.trim() + large.trim();
    reservedBytes -= bytes;
    return bytes;
  }

  /** Has the callbacks of memory that is lent to queues of this pool run by the loop. */
  public void releases(Executor loop) {
    releases = loop;
  }

  /** Who runs the callback of memory that was lent to a queue of this pool and comes back. */
  public Executor releases() {
    return releases;
  }

  /**
   * Is told when a block comes back, or a limit rises, after the pool has refused a block: once,
   * until it refuses again. It runs inside the release, so it must only note the fact and never
   * take or release by itself.
   */
  public void addListener(Runnable listener) {
    listeners = Arrays.copyOf(listeners, listeners.length + 1);
    listeners[listeners.length - 1] = listener;
  }

  private void tellListeners() {
    if (starved) {
      starved = false;
      for (Runnable listener : listeners) {
        listener.run();
      }
    }
  }

  /** A link for a queue; takes over one reference of the block. */
  public Chunk chunk(Block block, int start, int end) {
    Chunk chunk = freeChunks;
    if (chunk == null) {
      chunk = new Chunk();
    } else {
      freeChunks = chunk.next;
      freeChunkCount--;
      chunk.next = null;
    }
    chunk.block = block;
    chunk.start = start;
    chunk.end = end;
    return chunk;
  }

  /** Takes a link back and releases its block. */
  public void drop(Chunk chunk) {
    Block block = chunk.block();
    chunk.block = null;
    if (freeChunkCount < FREE_CHUNKS_LIMIT) {
      chunk.next = freeChunks;
      freeChunks = chunk;
      freeChunkCount++;
    }
    block.release();
  }

  public long limitBytes() {
    return limitBytes;
  }

  /** Taken from the system. */
  public long reservedBytes() {
    return reservedBytes;
  }

  /** In blocks that are lent at present. */
  public long usedBytes() {
    return usedBytes;
  }

  public long peakBytes() {
    return peakBytes;
  }

  /** What could be taken now, in blocks of whichever size. */
  public long availableBytes() {
    long growable = growableBytes() / SMALL_BYTES * SMALL_BYTES;
    return Math.min(small.freeBytes() + large.freeBytes() + growable, Math.max(0, roomBytes()));
  }

  private long growableBytes() {
    return closed ? 0 : limitBytes - reservedBytes;
  }

  /** Times that the pool was exhausted. */
  public long refusals() {
    return refusals;
  }

  /**
   * Gives the memory back, and refuses from now on. Memory that is still lent stays valid until it
   * comes back, because a late reader must not bring down the process.
   */
  @Override
  public void close() {
    closed = true;
    trim();
  }
}
