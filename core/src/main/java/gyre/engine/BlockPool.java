package gyre.engine;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A bounded pool of off-heap blocks in two sizes, confined to one loop.
 *
 * <p>Memory is taken from the system a slab at a time and kept until the pool closes; free blocks
 * are reused last in, first out, so that the warmest is next. The pool never grows beyond its
 * limit: where there is no block left, {@link #take} answers null and the caller waits or refuses.
 */
public final class BlockPool implements Block.Owner, AutoCloseable {
  public static final int SMALL_BYTES = 1024;
  public static final int LARGE_BYTES = 16 * 1024;
  private static final int SLAB_BYTES = 256 * 1024;

  private final Arena arena = Arena.ofShared();
  private final long limitBytes;
  private final Stack small = new Stack();
  private final Stack large = new Stack();
  private long reservedBytes;
  private long usedBytes;
  private long peakBytes;
  private long refusals;

  public BlockPool(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  /**
   * A block with one reference: small if that holds {@code sizeHint}, else large; null if
   * exhausted.
   */
  public @Nullable Block take(int sizeHint) {
    boolean isSmall = sizeHint <= SMALL_BYTES;
    Stack free = isSmall ? small : large;
    if (free.size == 0 && !grow(free, isSmall ? SMALL_BYTES : LARGE_BYTES)) {
      refusals++;
      return null;
    }
    Block block = free.pop();
    block.filled = 0;
    block.retain();
    usedBytes += block.capacity;
    peakBytes = Math.max(peakBytes, usedBytes);
    return block;
  }

  @Override
  public void recycle(Block block) {
    usedBytes -= block.capacity;
    (block.capacity == SMALL_BYTES ? small : large).push(block);
  }

  private boolean grow(Stack free, int blockBytes) {
    if (reservedBytes + SLAB_BYTES > limitBytes) {
      return false;
    }
    reservedBytes += SLAB_BYTES;
    long base = arena.allocate(SLAB_BYTES, 4096).address();
    for (int offset = SLAB_BYTES - blockBytes; offset >= 0; offset -= blockBytes) {
      free.push(new Block(this, 0, base + offset, blockBytes));
    }
    return true;
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

  /** Times that the pool was exhausted. */
  public long refusals() {
    return refusals;
  }

  /** Gives the memory back. Nothing may be lent any more, or it must never be touched again. */
  @Override
  public void close() {
    arena.close();
  }

  private static final class Stack {
    private Block[] blocks = new Block[64];
    private int size;

    void push(Block block) {
      if (size == blocks.length) {
        blocks = Arrays.copyOf(blocks, size * 2);
      }
      blocks[size++] = block;
    }

    Block pop() {
      return blocks[--size];
    }
  }
}
