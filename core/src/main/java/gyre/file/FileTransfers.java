package gyre.file;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.DirectBuffers;
import gyre.engine.Errno;
import gyre.engine.FileTransfer;
import gyre.engine.Vector;
import gyre.io.ByteQueue;
import gyre.io.EndOfStreamException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes of one file, for fibers that wait for them. Any number may be under way.
 *
 * <p>The kernel gets the memory of a direct buffer itself, and for others a block of the loop's
 * pool between. Neither is touched again before the operation has ended: {@link FileHandle#attempt}
 * comes back no sooner.
 */
final class FileTransfers {
  /** Blocks of one read into a queue. */
  static final int MOST_BLOCKS = 4;

  private static final String READ = "read from";
  private static final String WRITE = "write to";

  private final File file;
  private final TransferRequest.Shelf reads = new TransferRequest.Shelf(false);
  private final TransferRequest.Shelf writes = new TransferRequest.Shelf(true);

  FileTransfers(File file) {
    this.file = file;
  }

  // ---- read

  int read(ByteBuffer target, long offset) {
    if (!target.hasRemaining()) {
      return 0;
    }
    int count = target.isDirect() ? readDirect(target, offset) : readCopied(target, offset);
    return count == 0 ? -1 : count;
  }

  private int readDirect(ByteBuffer target, long offset) {
    long address = DirectBuffers.attach(target);
    try {
      int count = transfer(false, address, target.remaining(), false, offset, target);
      target.position(target.position() + count);
      return count;
    } finally {
      DirectBuffers.detach(address);
      Reference.reachabilityFence(target);
    }
  }

  private int readCopied(ByteBuffer target, long offset) {
    if (target.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    int length = Math.min(target.remaining(), BlockPool.LARGE_BYTES);
    Block block = take(READ, length);
    try {
      int count =
          transfer(false, block.address, Math.min(length, block.capacity), false, offset, null);
      target.put(block.view(0, count));
      return count;
    } finally {
      block.release();
    }
  }

  void readFully(ByteBuffer target, long offset) {
    long at = offset;
    while (target.hasRemaining()) {
      int count = read(target, at);
      if (count < 0) {
        throw new EndOfStreamException(
            READ,
            file.path(),
            "ended at " + at + ", " + target.remaining() + " bytes before what was to be read");
      }
      at += count;
    }
  }

  long read(ByteBuffer[] targets, long offset) {
    int count = vector(targets);
    if (count > 1) {
      int total = transferVector(false, targets, count, offset);
      return total == 0 ? -1 : total;
    }
    for (ByteBuffer each : targets) {
      if (each.hasRemaining()) {
        return read(each, offset); // one call, which may bring less than there is room for
      }
    }
    return 0;
  }

  int read(ByteQueue target, long offset, int most) {
    if (most <= 0) {
      throw new IllegalArgumentException("can't read " + most + " bytes");
    }
    try (Blocks blocks = Blocks.take(file.pool(), most)) {
      if (blocks == null) {
        throw FileException.of(READ, file.path(), Errno.ENOMEM.negated());
      }
      TransferRequest request = reads.take();
      int count;
      try {
        blocks.lendTo(request.operation, file.descriptor(), offset);
        count = file.perform(request.operation, request.pending, READ);
      } finally {
        reads.put(request);
      }
      ByteQueue read = new ByteQueue(file.pool());
      blocks.moveTo(read, count);
      target.append(read);
      return count == 0 ? -1 : count;
    }
  }

  // ---- write

  void write(ByteBuffer source, long offset) {
    long at = offset;
    while (source.hasRemaining()) {
      int count = source.isDirect() ? writeDirect(source, at) : writeCopied(source, at);
      at += checkProgress(count);
    }
  }

  private int writeDirect(ByteBuffer source, long offset) {
    long address = DirectBuffers.attach(source);
    try {
      int count = transfer(true, address, source.remaining(), false, offset, source);
      source.position(source.position() + count);
      return count;
    } finally {
      DirectBuffers.detach(address);
      Reference.reachabilityFence(source);
    }
  }

  private int writeCopied(ByteBuffer source, long offset) {
    Block block = take(WRITE, Math.min(source.remaining(), BlockPool.LARGE_BYTES));
    try {
      int length = Math.min(source.remaining(), block.capacity);
      block.view(0, length).put(source.slice(source.position(), length));
      int count = transfer(true, block.address, length, false, offset, null);
      source.position(source.position() + count);
      return count;
    } finally {
      block.release();
    }
  }

  void write(ByteBuffer[] sources, long offset) {
    long at = offset;
    int count;
    while ((count = vector(sources)) > 1) {
      at += checkProgress(transferVector(true, sources, count, at));
    }
    for (ByteBuffer each : sources) {
      int length = each.remaining();
      write(each, at);
      at += length;
    }
  }

  /** The queue's memory is lent out of a queue of its own: nobody can drain it meanwhile. */
  void write(ByteQueue source, long offset) {
    long at = offset;
    ByteQueue lent = new ByteQueue(file.pool());
    lent.append(source);
    Block block = take(WRITE, BlockPool.SMALL_BYTES);
    try {
      Vector vector = new Vector(block.address);
      while (!lent.isEmpty()) {
        vector.clear();
        int count = lent.gather(vector);
        int written = checkProgress(transfer(true, block.address, count, true, at, null));
        lent.drain(written);
        at += written;
      }
    } finally {
      block.release();
      if (!lent.isEmpty()) {
        source.prepend(lent);
      }
    }
  }

  /** A kernel that takes nothing and names no error would be asked for ever. */
  private int checkProgress(int count) {
    if (count == 0) {
      throw FileException.of(WRITE, file.path(), Errno.ENOSPC.negated());
    }
    return count;
  }

  // ---- both

  /**
   * @param memory of the user, which nobody else keeps; null for the loop's own
   */
  private int transfer(
      boolean isWriting,
      long address,
      int length,
      boolean isVector,
      long offset,
      @Nullable Object memory) {
    TransferRequest.Shelf shelf = isWriting ? writes : reads;
    TransferRequest request = shelf.take();
    FileTransfer operation = request.operation;
    operation.descriptor = file.descriptor();
    operation.address = address;
    operation.length = length;
    operation.isVector = isVector;
    operation.offset = offset;
    operation.memory = memory;
    try {
      return file.perform(operation, request.pending, isWriting ? WRITE : READ);
    } finally {
      operation.memory = null;
      shelf.put(request);
    }
  }

  /** How many buffers, those without room left out, can go by one call; 0 if one is on the heap. */
  private static int vector(ByteBuffer[] buffers) {
    int count = 0;
    for (ByteBuffer each : buffers) {
      if (each.hasRemaining()) {
        if (!each.isDirect()) {
          return 0;
        }
        count++;
      }
    }
    return Math.min(count, Vector.CAPACITY);
  }

  private int transferVector(boolean isWriting, ByteBuffer[] buffers, int count, long offset) {
    Block block = take(isWriting ? WRITE : READ, BlockPool.SMALL_BYTES);
    Vector vector = new Vector(block.address);
    try {
      for (ByteBuffer each : buffers) {
        if (each.hasRemaining() && vector.count() < count) {
          vector.add(DirectBuffers.attach(each), each.remaining());
        }
      }
      int total = transfer(isWriting, block.address, vector.count(), true, offset, buffers);
      int left = total;
      for (ByteBuffer each : buffers) {
        int part = Math.min(left, each.remaining());
        each.position(each.position() + part);
        left -= part;
      }
      return total;
    } finally {
      for (int i = 0; i < vector.count(); i++) {
        DirectBuffers.detach(vector.base(i));
      }
      block.release();
      Reference.reachabilityFence(buffers);
    }
  }

  private Block take(String verb, int bytes) {
    Block block = file.pool().takeReserved(bytes);
    if (block == null) {
      throw FileException.of(verb, file.path(), Errno.ENOMEM.negated());
    }
    return block;
  }
}
