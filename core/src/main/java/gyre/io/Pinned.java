package gyre.io;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.Chunk;
import gyre.engine.LentMemory;
import gyre.sys.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Frees the memory of others that a chain pins: what an engine has received into blocks of its own,
 * and small slices which keep a large block from being used. It is copied into blocks of the
 * chain's pool, as tightly as it goes. What a user has lent stays.
 */
final class Pinned {
  /**
   * Up to this much is copied into small blocks, so that it takes no more memory than it has to.
   */
  private static final int SMALL_BLOCKS_LIMIT = 4 * BlockPool.SMALL_BYTES;

  private Pinned() {}

  /** Memory of the pool that a chain holds, by the blocks that it keeps from being used. */
  static long held(Chain chain) {
    long bytes = 0;
    for (Chunk chunk = chain.first; chunk != null; chunk = chunk.next) {
      Block block = chunk.block();
      if (block.owner() == chain.pool) {
        bytes += block.capacity;
      } else if (!(block.owner() instanceof LentMemory)) {
        bytes += chunk.length();
      }
    }
    return bytes;
  }

  /**
   * Copies it all; the bytes are the same in any case.
   *
   * @param isTight whether a slice may leave no part of its block unused, whatever that costs
   * @return false if the pool has no memory for the rest of it
   */
  static boolean copyAll(Chain chain, boolean isTight) {
    Chunk before = null;
    for (Chunk chunk = chain.first; chunk != null; ) {
      Chunk following = chunk.next;
      boolean fits = before != null && chunk.length() <= before.room() && chain.isLittle(chunk);
      if (fits || pins(chain, chunk, isTight)) {
        Chunk copy = copyBehind(chain, before, chunk, isTight);
        if (copy == null) {
          return false;
        }
        before = copy;
      } else {
        before = chunk;
      }
      chunk = following;
    }
    return true;
  }

  private static boolean pins(Chain chain, Chunk chunk, boolean isTight) {
    Block block = chunk.block();
    if (chunk.length() == 0 || block.owner() instanceof LentMemory) {
      return false;
    }
    int least = isTight ? block.capacity : block.capacity / 2;
    boolean isWasteful = chunk.length() < least && chunk.room() == 0;
    boolean isSaving = block.capacity > BlockPool.SMALL_BYTES || chain.first != chain.last;
    return (isWasteful && isSaving) || block.owner() != chain.pool;
  }

  /**
   * Replaces {@code chunk} by copies, in what room {@code before} has and in new blocks; the last
   * of them, or null if exhausted.
   */
  private static @Nullable Chunk copyBehind(
      Chain chain, @Nullable Chunk before, Chunk chunk, boolean isTight) {
    Chunk target = before;
    while (true) {
      if (target == null || target.room() == 0 || pins(chain, target, isTight)) {
        target = insert(chain, target, chunk, isTight);
        if (target == null) {
          return null;
        }
      }
      int piece = Math.min(chunk.length(), target.room());
      Memory.copy(chunk.address(), target.block().address + target.end, piece);
      target.grow(piece);
      chunk.start += piece;
      if (chunk.length() == 0) {
        chain.unlinkAfter(target, chunk);
        return target;
      }
    }
  }

  /**
   * An empty chunk between two; null if exhausted. A few KiB are held in small blocks, but no long
   * queue is, which would be of very many.
   */
  private static @Nullable Chunk insert(
      Chain chain, @Nullable Chunk before, Chunk next, boolean isTight) {
    int length = next.length();
    boolean isLittle = isTight ? chain.size < BlockPool.LARGE_BYTES : length <= SMALL_BLOCKS_LIMIT;
    int size = isLittle ? BlockPool.SMALL_BYTES : BlockPool.LARGE_BYTES;
    boolean isOfPool = next.block().owner() == chain.pool;
    Block block = isOfPool ? chain.pool.takeReserved(size) : chain.pool.takeForCopy(size);
    if (block == null) {
      return null;
    }
    Chunk fresh = chain.pool.chunk(block, 0, 0);
    fresh.next = next;
    if (before == null) {
      chain.first = fresh;
    } else {
      before.next = fresh;
    }
    return fresh;
  }
}
