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
  private Pinned() {}

  /**
   * Copies it all; the bytes are the same in any case.
   *
   * @return false if the pool has no memory for the rest of it
   */
  static boolean copyAll(Chain chain) {
    Chunk before = null;
    for (Chunk chunk = chain.first; chunk != null; ) {
      Chunk following = chunk.next;
      if (pins(chain, chunk)) {
        Chunk copy = copyBehind(chain, before, chunk);
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

  private static boolean pins(Chain chain, Chunk chunk) {
    Block block = chunk.block();
    if (chunk.length() == 0 || block.owner() instanceof LentMemory) {
      return false;
    }
    boolean wasteful =
        chunk.length() <= BlockPool.SMALL_BYTES
            && block.capacity > BlockPool.SMALL_BYTES
            && chunk.room() == 0;
    return wasteful || block.owner() != chain.pool;
  }

  /**
   * Replaces {@code chunk} by a copy, inside {@code before} if that has room; null if exhausted.
   */
  private static @Nullable Chunk copyBehind(Chain chain, @Nullable Chunk before, Chunk chunk) {
    int length = chunk.length();
    Chunk target = before;
    if (target == null || target.room() < length || pins(chain, target)) {
      Block block = chain.pool.takeContiguous(length);
      if (block == null) {
        return null;
      }
      target = chain.pool.chunk(block, 0, 0);
      target.next = chunk;
      if (before == null) {
        chain.first = target;
      } else {
        before.next = target;
      }
    }
    Memory.copy(chunk.address(), target.block().address + target.end, length);
    target.grow(length);
    chain.unlinkAfter(target, chunk);
    return target;
  }
}
