package gyre.file;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.FileTransfer;
import gyre.engine.Vector;
import gyre.io.ByteQueue;
import org.jspecify.annotations.Nullable;

/** Memory of the loop's pool to read into, and the vector that tells the kernel of it. */
final class Blocks implements AutoCloseable {
  private final Block vectorBlock;
  private final Vector vector;
  private final @Nullable Block[] blocks;
  private int count;
  private int bytes;

  private Blocks(Block vectorBlock) {
    this.vectorBlock = vectorBlock;
    this.vector = new Vector(vectorBlock.address);
    this.blocks = new @Nullable Block[FileTransfers.MOST_BLOCKS];
  }

  /** Room for up to so many bytes; less where memory is scarce, and null if there is none. */
  static @Nullable Blocks take(BlockPool pool, int most) {
    Block vectorBlock = pool.takeReserved(BlockPool.SMALL_BYTES);
    if (vectorBlock == null) {
      return null;
    }
    Blocks taken = new Blocks(vectorBlock);
    while (taken.count < taken.blocks.length && taken.bytes < most) {
      int wanted = most - taken.bytes;
      Block block = taken.count == 0 ? pool.takeReserved(wanted) : pool.take(wanted);
      if (block == null) {
        break;
      }
      taken.add(block, Math.min(block.capacity, wanted));
    }
    if (taken.count == 0) {
      taken.close();
      return null;
    }
    return taken;
  }

  private void add(Block block, int length) {
    block.filled = Block.NOT_FILLABLE;
    blocks[count++] = block;
    bytes += length;
    vector.add(block.address, length);
  }

  int bytes() {
    return bytes;
  }

  void lendTo(FileTransfer operation, int descriptor, long offset) {
    operation.descriptor = descriptor;
    operation.address = vector.address();
    operation.length = vector.count();
    operation.isVector = true;
    operation.offset = offset;
  }

  /** The first bytes were filled: they are the queue's now. */
  void moveTo(ByteQueue queue, int filled) {
    int left = filled;
    for (int i = 0; i < count && left > 0; i++) {
      Block block = blocks[i];
      int part = Math.min(left, vector.length(i));
      if (block != null) {
        blocks[i] = null;
        queue.append(block, 0, part);
      }
      left -= part;
    }
  }

  /** Gives back what was not moved. */
  @Override
  public void close() {
    for (int i = 0; i < count; i++) {
      Block block = blocks[i];
      if (block != null) {
        blocks[i] = null;
        block.release();
      }
    }
    count = 0;
    vectorBlock.release();
  }
}
