package gyre.engine;

import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

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
  private boolean closed;

  private long reservedBytes;
  private long usedBytes;
  private long peakBytes;
  private long refusals;

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
  }

  /**
   * A pool that nobody has to close: its memory goes when nothing refers to its blocks any more.
   */
  public static BlockPool detached(long limitBytes) {
    return new BlockPool(limitBytes, true, null);
  }

  /**
   * A block with one reference: small if that holds {@code sizeHint}, else large; null if
   * exhausted.
   */
  public @Nullable Block take(int sizeHint) {
    return counted(tryTake(sizeHint <= SMALL_BYTES ? small : large));
  }

  /** Like {@link #take}, but rather the other size than none. */
  public @Nullable Block takeAny(long sizeHint) {
    boolean isSmall = sizeHint <= SMALL_BYTES;
    Block block = tryTake(isSmall ? small : large);
    return counted(block != null ? block : tryTake(isSmall ? large : small));
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

  private @Nullable Block tryTake(Slabs slabs) {
    if (closed) {
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
    if (memory == null) {
      return false;
    }
    slabs.add(memory, detached ? null : arena);
    return true;
  }

  private long growth(Slabs slabs) {
    long bytes = Math.min(slabBytes, growableBytes());
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
    if (rounded > growableBytes()) {
      trim();
    }
    if (rounded > growableBytes() || rounded > Integer.MAX_VALUE) {
      return null;
    }
    Arena arena = detached ? Arena.ofAuto() : Arena.ofShared();
    MemorySegment memory = reserve(arena, rounded);
    return memory == null
        ? null
        : new Block(
            new Oversize(memory, detached ? null : arena), 0, memory.address(), (int) rounded);
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
      if (arena != null) {
        arena.close();
      }
      if (!closed) {
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
   * Is told when a block comes back after the pool has refused one: once, until it refuses again.
   * It runs inside the release, so it must only note the fact and never take or release by itself.
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
    return small.freeBytes() + large.freeBytes() + growable;
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
