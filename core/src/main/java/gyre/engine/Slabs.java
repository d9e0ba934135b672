package gyre.engine;

import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The slabs of one block size. Each slab keeps its own free blocks, last in, first out, so that a
 * slab of which nothing is lent can be found and given back to the system.
 *
 * <p>A slab with free blocks stays the current one until it has no more; the next one is the
 * lowest. So a peak leaves the high slabs empty, and not all of them half full.
 */
final class Slabs {
  static final class Slab {
    private final int index;
    private final MemorySegment memory;
    private final long base;

    /** Null where the memory goes with the last reference to it. */
    private final @Nullable Arena arena;

    private final Block[] free;
    private int freeCount;

    private Slab(int index, MemorySegment memory, @Nullable Arena arena, int blocks) {
      this.index = index;
      this.memory = memory;
      this.base = arena == null ? Memory.attachWeakly(memory) : Memory.attach(memory);
      this.arena = arena;
      this.free = new Block[blocks];
    }
  }

  final int blockBytes;
  private final BlockPool pool;
  private @Nullable Slab[] slabs = new @Nullable Slab[4];
  private @Nullable Slab current;
  private int freeBlocks;
  private long bytes;

  Slabs(BlockPool pool, int blockBytes) {
    this.pool = pool;
    this.blockBytes = blockBytes;
  }

  @Nullable Block take() {
    if (freeBlocks == 0) {
      return null;
    }
    Slab slab = current;
    if (slab == null || slab.freeCount == 0) {
      slab = lowestFree();
      current = slab;
    }
    freeBlocks--;
    return slab.free[--slab.freeCount];
  }

  void give(Block block) {
    Slab slab = slabs[block.id];
    assert slab != null : "its slab is gone";
    slab.free[slab.freeCount++] = block;
    freeBlocks++;
    Slab present = current;
    if (present == null || present.freeCount == 0) {
      current = slab;
    }
  }

  void add(MemorySegment memory, @Nullable Arena arena) {
    int index = vacancy();
    int blocks = (int) (memory.byteSize() / blockBytes);
    Slab slab = new Slab(index, memory, arena, blocks);
    slabs[index] = slab;
    for (int i = blocks - 1; i >= 0; i--) {
      slab.free[slab.freeCount++] =
          new Block(pool, index, slab.base + (long) i * blockBytes, blockBytes);
    }
    freeBlocks += blocks;
    bytes += memory.byteSize();
  }

  /** All that was taken from the system for this size. */
  long bytes() {
    return bytes;
  }

  /** Gives back every slab of which nothing is lent. The bytes that it had. */
  long trim() {
    long given = 0;
    for (Slab slab : slabs) {
      if (slab != null && slab.freeCount == slab.free.length) {
        freeBlocks -= slab.freeCount;
        given += slab.memory.byteSize();
        remove(slab);
      }
    }
    bytes -= given;
    return given;
  }

  private void remove(Slab slab) {
    slabs[slab.index] = null;
    if (current == slab) {
      current = null;
    }
    Memory.detach(slab.base);
    if (slab.arena != null) {
      slab.arena.close();
    }
  }

  MemorySegment memory(Block block) {
    Slab slab = slabs[block.id];
    return slab == null
        ? Memory.segment(block.address, block.capacity)
        : slab.memory.asSlice(block.address - slab.base, block.capacity);
  }

  long lentBytes() {
    return bytes - freeBytes();
  }

  long freeBytes() {
    return (long) freeBlocks * blockBytes;
  }

  private Slab lowestFree() {
    for (Slab slab : slabs) {
      if (slab != null && slab.freeCount > 0) {
        return slab;
      }
    }
    throw new AssertionError("free blocks were miscounted");
  }

  private int vacancy() {
    for (int i = 0; i < slabs.length; i++) {
      if (slabs[i] == null) {
        return i;
      }
    }
    slabs = Arrays.copyOf(slabs, slabs.length * 2);
    return slabs.length / 2;
  }
}
