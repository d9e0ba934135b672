package gyre.engine.readiness;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import org.jspecify.annotations.Nullable;

/**
 * The memory that received bytes land in: one block for all descriptors, filled from its start to
 * its end, so that an idle descriptor owns none, and many small messages share a block.
 *
 * <p>Once nobody holds a slice of the current block any more, filling starts over at its beginning:
 * with consumers that are done at once, the same warm cache lines serve every message.
 */
final class ReceiveBuffer {
  /** With less space than this left in a block, the next receive gets another one. */
  private static final int USEFUL_BYTES = 2048;

  private final BlockPool pool;
  private @Nullable Block current;
  private @Nullable Block spare;
  private @Nullable Block huge;
  private int position;

  /** The least size of a huge block that was asked for in vain. */
  private int hugeWanted;

  ReceiveBuffer(BlockPool pool) {
    this.pool = pool;
  }

  /** Whether those who had to wait for a block may try again. */
  boolean hasRoom() {
    return current() != null;
  }

  /** Whether those who had to wait for a huge block may try again. */
  boolean hasHuge() {
    if (hugeWanted > 0 && huge(hugeWanted) == null) {
      return false;
    }
    hugeWanted = 0;
    return true;
  }

  /** The block to receive into, from {@link #position}; null where the pool is exhausted. */
  @Nullable Block current() {
    Block block = current;
    if (block != null) {
      if (block.references() == 1) {
        position = 0;
      }
      if (block.capacity - position >= Math.min(USEFUL_BYTES, block.capacity)) {
        return block;
      }
    }
    return renew(block);
  }

  private @Nullable Block renew(@Nullable Block old) {
    Block fresh = spare != null ? spare : take();
    if (fresh == null) {
      // The last bytes of the old block are better than nothing.
      return old != null && position < old.capacity ? old : null;
    }
    spare = null;
    if (old != null) {
      old.release();
    }
    current = fresh;
    position = 0;
    return fresh;
  }

  /** A second block, for what does not fit into the first; null where there is none to spare. */
  @Nullable Block spare() {
    if (spare == null) {
      spare = take();
    }
    return spare;
  }

  /** The spare block takes the place of the current one, which is full. */
  void advance() {
    Block old = current;
    assert spare != null && old != null;
    if (old != null) {
      old.release();
    }
    current = spare;
    spare = null;
    position = 0;
  }

  int position() {
    return position;
  }

  /** Gives {@code length} bytes at the position away: one more reference, which the taker owns. */
  void lend(Block block, int length) {
    assert block == current && position + length <= block.capacity;
    position += length;
    block.retain();
  }

  /** Room for any datagram; null where the pool is exhausted. */
  @Nullable Block huge(int bytes) {
    Block block = huge;
    if (block != null && block.capacity < bytes) {
      block.release(); // it may be what is missing
      block = null;
    }
    if (block == null) {
      block = pool.takeContiguous(bytes);
      if (block == null) {
        hugeWanted = hugeWanted == 0 ? bytes : Math.min(hugeWanted, bytes);
      } else {
        block.filled = Block.NOT_FILLABLE;
      }
      huge = block;
    }
    return huge;
  }

  /** Hands the huge block over, with its one reference. */
  void lendHuge() {
    huge = null;
  }

  private @Nullable Block take() {
    Block block = pool.takeTransit();
    if (block != null) {
      block.filled = Block.NOT_FILLABLE;
    }
    return block;
  }

  void close() {
    release(current);
    release(spare);
    release(huge);
    current = null;
    spare = null;
    huge = null;
  }

  private static void release(@Nullable Block block) {
    if (block != null) {
      block.release();
    }
  }
}
