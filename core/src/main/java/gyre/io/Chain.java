package gyre.io;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.Chunk;
import gyre.sys.Memory;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link ByteQueue} is made of: a list of chunks, each the slice of a block.
 *
 * <p>Invariants, between any two calls:
 *
 * <ul>
 *   <li>{@code size} is the sum of the lengths of the chunks, and each chunk owns one reference of
 *       its block;
 *   <li>no chunk is empty, except the last one after a reservation that was not committed yet;
 *   <li>an empty queue without a reservation has no chunk, and so holds no memory;
 *   <li>chunks are unlinked before their blocks are released, because a release runs foreign code.
 * </ul>
 *
 * <p>The fields are all that a queue has: 32 bytes with the header.
 */
abstract sealed class Chain permits ByteQueue {
  private static final int LITTLE_BYTES = BlockPool.SMALL_BYTES / 2;

  final BlockPool pool;
  @Nullable Chunk first;
  @Nullable Chunk last;
  long size;

  Chain(BlockPool pool) {
    this.pool = pool;
  }

  // ---- the tail

  final void link(Chunk chunk) {
    Chunk tail = last;
    if (tail == null) {
      first = chunk;
    } else {
      tail.next = chunk;
    }
    last = chunk;
    size += chunk.length();
  }

  /** Takes over one reference of the block; slices that follow each other become one. */
  final void linkSlice(Block block, int start, int end) {
    Chunk tail = last;
    if (tail != null) {
      if (tail.block() == block && tail.end == start) {
        tail.end = end;
        size += end - start;
        block.release();
        return;
      }
      dropReservation();
    }
    link(pool.chunk(block, start, end));
  }

  /** Where {@code bytes} (at most a large block) may be written; {@link #grow} counts them in. */
  final long space(int bytes) {
    Chunk tail = last;
    if (tail != null && tail.room() >= bytes) {
      return tail.block().address + tail.end;
    }
    return spaceInNewBlock(bytes);
  }

  private long spaceInNewBlock(int bytes) {
    Block block = pool.takeContiguous(worthwhile(bytes));
    if (block == null) {
      block = pool.takeContiguous(bytes);
    }
    if (block == null) {
      throw exhausted(bytes);
    }
    dropReservation();
    link(pool.chunk(block, 0, 0));
    return block.address;
  }

  /** The longer a queue is already, the larger the block that is worth taking. */
  private int worthwhile(int bytes) {
    return size > BlockPool.SMALL_BYTES ? Math.max(bytes, BlockPool.LARGE_BYTES) : bytes;
  }

  final void grow(int bytes) {
    Chunk tail = last;
    assert tail != null;
    tail.grow(bytes);
    size += bytes;
  }

  final int room() {
    Chunk tail = last;
    return tail == null ? 0 : tail.room();
  }

  /**
   * Copies into the last block and as many new ones as it takes.
   *
   * @param array null if {@code position} is an address
   * @return false if there is no memory for all of it; then nothing has changed
   */
  final boolean copyIn(byte @Nullable [] array, long position, int length) {
    int here = Math.min(length, room());
    if (here == 0 && length > 0 && length <= BlockPool.SMALL_BYTES) {
      return copyIntoNewBlock(array, position, length);
    }
    Chunk fresh = null;
    if (here < length) {
      fresh = allocate(length - here);
      if (fresh == null) {
        return false;
      }
    }
    if (here > 0) {
      put(array, position, endAddress(), here);
      grow(here);
    }
    if (fresh != null) {
      fill(fresh, array, position + here, length - here);
    }
    return true;
  }

  /** The usual case of {@link #copyIn}: a small message, which any block holds. */
  private boolean copyIntoNewBlock(byte @Nullable [] array, long position, int length) {
    Block block = pool.takeAny(worthwhile(length));
    if (block == null) {
      return false;
    }
    link(pool.chunk(block, 0, 0));
    put(array, position, block.address, length);
    grow(length);
    return true;
  }

  private void fill(Chunk fresh, byte @Nullable [] array, long position, int length) {
    Chunk spare = fresh;
    for (int done = 0; done < length; ) {
      spare = linkSpare(spare);
      int piece = Math.min(length - done, room());
      put(array, position + done, endAddress(), piece);
      grow(piece);
      done += piece;
    }
    assert spare == null;
  }

  /** Links the first of some unlinked chunks; the rest of them. */
  private @Nullable Chunk linkSpare(@Nullable Chunk spare) {
    assert spare != null : "allocated too few";
    Chunk rest = spare.next;
    spare.next = null;
    link(spare);
    return rest;
  }

  private long endAddress() {
    Chunk tail = last;
    assert tail != null;
    return tail.block().address + tail.end;
  }

  /** Copies the first bytes of another chain; false if there is no memory for all of them. */
  final boolean copyIn(Chain other, long bytes) {
    Chunk spare = null;
    if (bytes > room()) {
      spare = allocate(bytes - room());
      if (spare == null) {
        return false;
      }
    }
    int skip = 0;
    Chunk source = other.first;
    for (long missing = bytes; missing > 0; ) {
      assert source != null;
      if (room() == 0) {
        spare = linkSpare(spare);
      }
      int piece = (int) Math.min(missing, Math.min(source.length() - skip, room()));
      Memory.copy(source.address() + skip, endAddress(), piece);
      grow(piece);
      missing -= piece;
      skip += piece;
      if (skip == source.length()) {
        source = source.next;
        skip = 0;
      }
    }
    assert spare == null;
    return true;
  }

  private static void put(byte @Nullable [] array, long position, long to, int length) {
    if (array == null) {
      Memory.copy(position, to, length);
    } else {
      Memory.copy(array, (int) position, to, length);
    }
  }

  /** Empty chunks with room for {@code bytes}, not linked to this queue; null if exhausted. */
  private @Nullable Chunk allocate(long bytes) {
    if (bytes > pool.availableBytes()) {
      // Before taking any: what is given back at once would be told to those who wait for memory.
      pool.refuse();
      return null;
    }
    Chunk head = null;
    Chunk tail = null;
    for (long missing = bytes; missing > 0; ) {
      Block block = pool.takeAny(size > BlockPool.SMALL_BYTES ? BlockPool.LARGE_BYTES : missing);
      if (block == null) {
        dropAll(head);
        return null;
      }
      Chunk chunk = pool.chunk(block, 0, 0);
      if (tail == null) {
        head = chunk;
      } else {
        tail.next = chunk;
      }
      tail = chunk;
      missing -= block.capacity;
    }
    return head;
  }

  /** Gives up an empty last chunk. */
  final void dropReservation() {
    Chunk tail = last;
    if (tail == null || tail.length() > 0) {
      return;
    }
    Chunk before = null;
    for (Chunk chunk = first; chunk != tail && chunk != null; chunk = chunk.next) {
      before = chunk;
    }
    last = before;
    if (before == null) {
      first = null;
    } else {
      before.next = null;
    }
    pool.drop(tail);
  }

  // ---- the head

  final void discard(long bytes) {
    Chunk head = first;
    if (head != null && bytes < head.length()) {
      head.start += (int) bytes;
      size -= bytes;
    } else if (bytes == size) {
      discardAll();
    } else {
      discardChunks(bytes);
    }
  }

  private void discardChunks(long bytes) {
    long missing = bytes;
    Chunk head = first;
    while (head != null && missing >= head.length() && missing > 0) {
      missing -= head.length();
      size -= head.length();
      first = head.next;
      pool.drop(head);
      head = first;
    }
    if (missing > 0) {
      assert head != null;
      head.start += (int) missing;
      size -= missing;
    }
  }

  final void discardAll() {
    Chunk head = first;
    first = null;
    last = null;
    size = 0;
    dropAll(head);
  }

  final void dropAll(@Nullable Chunk head) {
    for (Chunk chunk = head; chunk != null; ) {
      Chunk following = chunk.next;
      pool.drop(chunk);
      chunk = following;
    }
  }

  // ---- moving; both chains have the same pool

  final void moveAll(Chain from) {
    from.dropReservation();
    if (size > 0) {
      copyLittle(from);
    }
    Chunk head = from.first;
    if (head == null) {
      return;
    }
    dropReservation();
    long bytes = from.size;
    Chunk tail = last;
    if (tail != null && tail.block() == head.block() && tail.end == head.start) {
      moveFirst(from, head);
      moveAll(from);
      return;
    }
    if (tail == null) {
      first = head;
    } else {
      tail.next = head;
    }
    last = from.last;
    size += bytes;
    from.first = null;
    from.last = null;
    from.size = 0;
  }

  /**
   * Copies the first chunks if they are little, each into what room there is: or a queue to which a
   * few bytes are moved, again and again, would hold a block for each few.
   */
  private void copyLittle(Chain from) {
    for (Chunk head = from.first; head != null && isLittle(head); head = from.first) {
      boolean isWorthIt = head.length() <= room() || head.room() == 0;
      if (!isWorthIt || !copyIn(null, head.address(), head.length())) {
        return;
      }
      from.discard(head.length());
    }
  }

  /** Whether it is cheaper to copy than to hold its block. */
  final boolean isLittle(Chunk chunk) {
    return chunk.length() <= LITTLE_BYTES && chunk.block().owner() == pool;
  }

  final void movePart(Chain from, long bytes) {
    assert bytes < from.size;
    long missing = bytes;
    for (Chunk head = from.first; missing > 0; head = from.first) {
      assert head != null;
      if (missing < head.length()) {
        int cut = head.start + (int) missing;
        head.block().retain();
        int start = head.start;
        head.start = cut;
        from.size -= missing;
        linkSlice(head.block(), start, cut);
        return;
      }
      missing -= head.length();
      moveFirst(from, head);
    }
  }

  private void moveFirst(Chain from, Chunk head) {
    from.first = head.next;
    if (head.next == null) {
      from.last = null;
    }
    from.size -= head.length();
    head.next = null;
    Chunk tail = last;
    if (tail != null && tail.block() == head.block() && tail.end == head.start) {
      tail.end = head.end;
      size += head.length();
      pool.drop(head);
      return;
    }
    dropReservation();
    link(head);
  }

  final void moveBefore(Chain from) {
    from.dropReservation();
    Chunk tail = from.last;
    if (tail == null) {
      return;
    }
    if (size == 0) {
      discardAll();
    }
    tail.next = first;
    if (first == null) {
      last = tail;
    }
    first = from.first;
    size += from.size;
    from.first = null;
    from.last = null;
    from.size = 0;
  }

  // ---- prepending

  /** Where {@code bytes} may be written that are in front of the first byte from then on. */
  final long spaceBefore(int bytes) {
    Chunk head = first;
    if (head == null || size == 0) {
      long address = space(bytes);
      grow(bytes);
      return address;
    }
    Block block = head.block();
    // What lies before a slice is nobody's only if there is no other slice.
    if (head.start < bytes || block.filled == Block.NOT_FILLABLE || block.references() != 1) {
      block = pool.takeContiguous(bytes);
      if (block == null) {
        throw exhausted(bytes);
      }
      // At the end of its block, so that there is space for what is prepended next.
      block.filled = block.capacity;
      Chunk chunk = pool.chunk(block, block.capacity, block.capacity);
      chunk.next = head;
      first = chunk;
      head = chunk;
    }
    head.start -= bytes;
    size += bytes;
    return head.address();
  }

  // ---- contiguity

  final void makeContiguous(int bytes) {
    Chunk head = first;
    assert head != null;
    if (head.length() >= bytes) {
      return;
    }
    int missing = bytes - head.length();
    if (head.room() < missing) {
      Block block = pool.takeContiguous(bytes);
      if (block == null) {
        throw exhausted(bytes);
      }
      Chunk target = pool.chunk(block, 0, 0);
      target.next = head;
      first = target;
      head = target;
      missing = bytes;
    }
    pullInto(head, missing);
  }

  /** Moves {@code bytes} from the chunks behind {@code target} into it. */
  private void pullInto(Chunk target, int bytes) {
    for (int missing = bytes; missing > 0; ) {
      Chunk source = target.next;
      assert source != null;
      int piece = Math.min(missing, source.length());
      Memory.copy(source.address(), target.block().address + target.end, piece);
      target.grow(piece);
      source.start += piece;
      missing -= piece;
      if (source.length() == 0) {
        unlinkAfter(target, source);
      }
    }
  }

  final void unlinkAfter(@Nullable Chunk before, Chunk chunk) {
    Chunk following = chunk.next;
    if (before == null) {
      first = following;
    } else {
      before.next = following;
    }
    if (following == null) {
      last = before;
    }
    pool.drop(chunk);
  }

  // ---- errors

  final PoolExhaustedException exhausted(long bytes) {
    return new PoolExhaustedException(bytes, pool.usedBytes(), pool.limitBytes());
  }
}
