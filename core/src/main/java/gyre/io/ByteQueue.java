package gyre.io;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.Chunk;
import gyre.engine.LentMemory;
import gyre.engine.Vector;
import gyre.sys.Memory;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

// Over 500 lines: one data structure, whose reads, writes and searches share its chain.
/**
 * A queue of bytes: appended at one end, read at the other, moved to another queue without copying.
 *
 * <p>The bytes lie off the heap in blocks of a bounded pool, which the queue takes as it grows and
 * gives back as it is drained; an empty queue holds none. Nothing here counts references for you:
 *
 * <ul>
 *   <li><b>What is lent is lent for the call.</b> A view ({@link #firstSpan}, {@link #forEachSpan},
 *       {@link #reserve}) shows the queue's own memory and is dead at the next call that changes
 *       the queue. To use it later is a bug that nothing catches, except {@code
 *       -Dgyre.debug.poison=true}, which overwrites memory as soon as it is free.
 *   <li><b>What is taken is owned.</b> {@link #take}, {@link #readString}, {@link #copyTo} and
 *       their like answer with copies, and {@link #append(ByteQueue)} makes bytes another queue's.
 * </ul>
 *
 * <p><b>Threads.</b> A queue belongs to one thread, that of the loop whose pool it has. Nothing
 * checks this. Queues that share a pool share its thread.
 *
 * <p><b>Errors.</b> An operation that fails leaves every queue as it was. Reading more than there
 * is throws {@link IndexOutOfBoundsException} with both numbers; appending more than the pool has
 * left throws {@link PoolExhaustedException}, which the {@code try…} methods answer with false.
 *
 * <p>Integers are big-endian, the order of the network, unless a name ends in {@code LE}. Indexes
 * count from the first byte of the queue; to get at an index costs a step for each block before it.
 */
// One type for all of it, as ByteBuffer is one: hence its length. What takes thought is in Chain,
// Peek, Search and Pinned.
// Blocks and vectors are for the engines. The fences keep the memory of a queue of its own alive
// while it is read; after an exception nothing is read any more.
@SuppressWarnings({"exports", "ReachabilityFenceUsage"})
public final class ByteQueue extends Chain implements ByteAppender, AutoCloseable {
  /** What a queue of its own may hold where nothing else was said. */
  public static final long DEFAULT_LIMIT_BYTES = 16L << 20;

  /** For those who have a loop's pool. */
  public ByteQueue(BlockPool pool) {
    super(pool);
  }

  /** A queue apart from any loop, of at most {@link #DEFAULT_LIMIT_BYTES}. */
  public static ByteQueue create() {
    return create(DEFAULT_LIMIT_BYTES);
  }

  /**
   * A queue apart from any loop, with a pool of its own: for codecs and tests. Bytes that move
   * between it and the queues of a loop are copied. Its memory goes back to the system with the
   * queue.
   *
   * @param limitBytes memory that it may use, at least 1024
   */
  public static ByteQueue create(long limitBytes) {
    return new ByteQueue(BlockPool.detached(limitBytes));
  }

  /** An empty queue that shares the pool of this one, so that bytes move between them uncopied. */
  public ByteQueue sibling() {
    return new ByteQueue(pool);
  }

  // ---- size

  public long size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  /** Whether so many bytes could be appended now. */
  public boolean canAppend(long bytes) {
    return bytes <= room() || bytes <= room() + pool.availableBytes();
  }

  /** Drops all bytes and gives back all memory. */
  public void clear() {
    discardAll();
  }

  /** The same as {@link #clear}: a closed queue is an empty one, and may be used again. */
  @Override
  public void close() {
    discardAll();
  }

  // ---- append

  @Override
  public void appendByte(int value) {
    Memory.putByte(space(1), (byte) value);
    grow(1);
  }

  @Override
  public void appendShort(int value) {
    Memory.putShort(space(2), Peek.big((short) value));
    grow(2);
  }

  @Override
  public void appendShortLE(int value) {
    Memory.putShort(space(2), Peek.little((short) value));
    grow(2);
  }

  @Override
  public void appendInt(int value) {
    Memory.putInt(space(4), Peek.big(value));
    grow(4);
  }

  @Override
  public void appendIntLE(int value) {
    Memory.putInt(space(4), Peek.little(value));
    grow(4);
  }

  @Override
  public void appendLong(long value) {
    Memory.putLong(space(8), Peek.big(value));
    grow(8);
  }

  @Override
  public void appendLongLE(long value) {
    Memory.putLong(space(8), Peek.little(value));
    grow(8);
  }

  @Override
  public void appendDecimal(long value) {
    int length = Decimal.length(value);
    Decimal.encode(value, length, space(length));
    grow(length);
  }

  @Override
  public void append(byte[] bytes) {
    append(bytes, 0, bytes.length);
  }

  @Override
  public void append(byte[] bytes, int offset, int length) {
    if (!tryAppend(bytes, offset, length)) {
      throw exhausted(length);
    }
  }

  /** False where the pool has no memory for all of it; then nothing was appended. */
  public boolean tryAppend(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    return copyIn(bytes, offset, length);
  }

  /** Copies what remains in the buffer, whose position moves to its limit. */
  @Override
  public void append(ByteBuffer buffer) {
    int length = buffer.remaining();
    if (!tryAppend(buffer)) {
      throw exhausted(length);
    }
  }

  /** False where the pool has no memory for all of it; then nothing was appended or consumed. */
  public boolean tryAppend(ByteBuffer buffer) {
    int length = buffer.remaining();
    boolean done;
    if (buffer.hasArray()) {
      done = copyIn(buffer.array(), buffer.arrayOffset() + buffer.position(), length);
    } else if (buffer.isDirect()) {
      done = copyInDirect(buffer, length);
    } else {
      byte[] bytes = new byte[length];
      buffer.get(buffer.position(), bytes);
      done = copyIn(bytes, 0, length);
    }
    if (done) {
      buffer.position(buffer.limit());
    }
    return done;
  }

  private boolean copyInDirect(ByteBuffer buffer, int length) {
    long address = Memory.attach(MemorySegment.ofBuffer(buffer));
    try {
      return copyIn(null, address, length);
    } finally {
      Memory.detach(address);
      Reference.reachabilityFence(buffer);
    }
  }

  /**
   * For streams: copies from the buffer as long as this queue holds no more than a small block, and
   * takes that from the pool's reserve. The number of bytes, which may be 0.
   */
  public int appendReserved(ByteBuffer buffer) {
    int length = (int) Math.min(buffer.remaining(), BlockPool.SMALL_BYTES - size);
    if (length <= 0) {
      return 0;
    }
    if (room() < length) {
      Block block = pool.takeReserved(length);
      if (block == null) {
        return 0;
      }
      dropReservation();
      link(pool.chunk(block, 0, 0));
    }
    int limit = buffer.limit();
    buffer.limit(buffer.position() + length);
    boolean done = tryAppend(buffer);
    buffer.limit(limit);
    assert done : "there is room in the last block";
    return length;
  }

  /** Appends text as UTF-8. Surrogates without a partner become question marks. */
  @Override
  public void append(String text) {
    long most = Utf8.spaceBytes(text);
    if (most <= Math.max(room(), BlockPool.SMALL_BYTES)) {
      if (!text.isEmpty()) {
        grow(Utf8.encode(text, space((int) most)));
      }
      return;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    append(bytes, 0, bytes.length);
  }

  /** Takes all bytes of another queue, which is empty afterwards. */
  @Override
  public void append(ByteQueue other) {
    requireOther(other);
    if (other.pool == pool) {
      moveAll(other);
    } else {
      copyFrom(other, other.size);
    }
  }

  /** Takes the first bytes of another queue. */
  public void append(ByteQueue other, long bytes) {
    requireOther(other);
    other.require(bytes, "append");
    if (bytes == other.size) {
      append(other);
    } else if (other.pool == pool) {
      movePart(other, bytes);
    } else {
      copyFrom(other, bytes);
    }
  }

  /**
   * Appends what remains in a direct buffer without copying it; its position moves to its limit.
   * The content must stay as it is until the callback has run.
   *
   * @param onRelease runs once, when the queue and all to which these bytes moved are done with
   *     them: soon and in a fiber for the queues of a loop, at once for others; must not throw
   */
  public void appendReference(ByteBuffer buffer, Runnable onRelease) {
    if (!buffer.isDirect()) {
      throw new IllegalArgumentException(
          "only a direct buffer can be appended by reference; append(buffer) copies this one");
    }
    appendReference(MemorySegment.ofBuffer(buffer), onRelease);
    buffer.position(buffer.limit());
  }

  /** Like {@link #appendReference(ByteBuffer, Runnable)}; the segment stays open until then. */
  public void appendReference(MemorySegment segment, Runnable onRelease) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException(
          "only native memory can be appended by reference; append copies what is on the heap");
    }
    if (segment.byteSize() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a reference has at most 2^31-1 bytes, not "
              + segment.byteSize()
              + ": append it in parts");
    }
    Block block = LentMemory.lend(segment, pool.releases(), onRelease);
    if (block.capacity == 0) {
      block.release();
    } else {
      linkSlice(block, 0, block.capacity);
    }
  }

  /** For engines: appends a slice, and takes over one reference of its block. */
  public void append(Block block, int offset, int length) {
    assert offset >= 0 && length > 0 && offset + length <= block.capacity;
    linkSlice(block, offset, offset + length);
  }

  // ---- prepend

  public void prependByte(int value) {
    Memory.putByte(spaceBefore(1), (byte) value);
  }

  public void prependShort(int value) {
    Memory.putShort(spaceBefore(2), Peek.big((short) value));
  }

  public void prependShortLE(int value) {
    Memory.putShort(spaceBefore(2), Peek.little((short) value));
  }

  public void prependInt(int value) {
    Memory.putInt(spaceBefore(4), Peek.big(value));
  }

  public void prependIntLE(int value) {
    Memory.putInt(spaceBefore(4), Peek.little(value));
  }

  public void prependLong(long value) {
    Memory.putLong(spaceBefore(8), Peek.big(value));
  }

  public void prependLongLE(long value) {
    Memory.putLong(spaceBefore(8), Peek.little(value));
  }

  public void prepend(byte[] bytes) {
    prepend(bytes, 0, bytes.length);
  }

  public void prepend(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (length > BlockPool.LARGE_BYTES) {
      ByteQueue front = sibling();
      front.append(bytes, offset, length);
      moveBefore(front);
    } else if (length > 0) {
      Memory.copy(bytes, offset, spaceBefore(length), length);
    }
  }

  /** Takes all bytes of another queue, in front of those which are here. */
  public void prepend(ByteQueue other) {
    requireOther(other);
    if (other.pool == pool) {
      moveBefore(other);
    } else {
      ByteQueue front = sibling();
      front.append(other);
      moveBefore(front);
    }
  }

  // ---- read

  public byte readByte() {
    require(1, "readByte");
    byte value = Memory.getByte(firstAddress());
    discard(1);
    return value;
  }

  public int readUnsignedByte() {
    return readByte() & 0xFF;
  }

  public short readShort() {
    require(2, "readShort");
    short value = (short) integerAt(0, 2);
    discard(2);
    return value;
  }

  public short readShortLE() {
    return Short.reverseBytes(readShort());
  }

  public int readUnsignedShort() {
    return readShort() & 0xFFFF;
  }

  public int readInt() {
    require(4, "readInt");
    int value = (int) integerAt(0, 4);
    discard(4);
    return value;
  }

  public int readIntLE() {
    return Integer.reverseBytes(readInt());
  }

  public long readLong() {
    require(8, "readLong");
    long value = integerAt(0, 8);
    discard(8);
    return value;
  }

  public long readLongLE() {
    return Long.reverseBytes(readLong());
  }

  /**
   * Removes the first bytes, which are a decimal number: digits, maybe after a minus sign.
   *
   * @throws NumberFormatException if they are none, or one of more than 64 bits; nothing was
   *     removed
   */
  public long readDecimal(int bytes) {
    require(bytes, "readDecimal");
    long value = Decimal.parse(this, 0, bytes);
    discard(bytes);
    return value;
  }

  /** Reads as much as there is, at most {@code length} bytes; how many. */
  public int read(byte[] target, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, target.length);
    int bytes = (int) Math.min(length, size);
    copyOut(0, target, offset, bytes);
    discard(bytes);
    return bytes;
  }

  /** Reads as much as there is and fits; how many bytes. */
  public int read(ByteBuffer target) {
    int bytes = copyTo(target);
    discard(bytes);
    return bytes;
  }

  /** Removes the first bytes and answers them. */
  public byte[] take(int bytes) {
    require(bytes, "take");
    byte[] taken = new byte[bytes];
    copyOut(0, taken, 0, bytes);
    discard(bytes);
    return taken;
  }

  /** Removes the first bytes and answers them as text. */
  public String readString(int bytes, Charset charset) {
    require(bytes, "readString");
    String text = string(bytes, charset);
    discard(bytes);
    return text;
  }

  /**
   * Removes the first line with its end ({@code \n} or {@code \r\n}) and answers it without.
   *
   * @param limitBytes what a line may have, its end included
   * @return null if there is no whole line yet
   * @throws IllegalStateException if there is no end of line within the limit; nothing was removed
   */
  public @Nullable String readLine(int limitBytes, Charset charset) {
    long feed = indexOf((byte) '\n', 0, limitBytes);
    if (feed < 0 && size >= limitBytes) {
      throw new IllegalStateException("no end of line within " + limitBytes + " bytes");
    }
    if (feed < 0) {
      return null;
    }
    int length = (int) (feed > 0 && byteAt(feed - 1) == '\r' ? feed - 1 : feed);
    String line = string(length, charset);
    discard(feed + 1);
    return line;
  }

  /** Drops the first bytes. */
  public void drain(long bytes) {
    require(bytes, "drain");
    discard(bytes);
  }

  // ---- change

  /**
   * Combines {@code bytes} bytes from {@code from} on with the four bytes of {@code key}, again and
   * again, by exclusive or: where they lie. The first byte meets the most significant one of the
   * key. For masks, and for queues of bytes that are nobody else's.
   */
  public void xor(long from, long bytes, int key) {
    requireAt(from, bytes);
    Masking.xor(first, from, bytes, key);
    Reference.reachabilityFence(this);
  }

  // ---- peek

  public byte byteAt(long index) {
    requireAt(index, 1);
    Chunk head = Objects.requireNonNull(first);
    byte value =
        index < head.length()
            ? Memory.getByte(head.address() + index)
            : (byte) Peek.integerAcross(head, index, 1);
    Reference.reachabilityFence(this);
    return value;
  }

  public short shortAt(long index) {
    requireAt(index, 2);
    return (short) integerAt(index, 2);
  }

  public short shortAtLE(long index) {
    return Short.reverseBytes(shortAt(index));
  }

  public int intAt(long index) {
    requireAt(index, 4);
    return (int) integerAt(index, 4);
  }

  public int intAtLE(long index) {
    return Integer.reverseBytes(intAt(index));
  }

  public long longAt(long index) {
    requireAt(index, 8);
    return integerAt(index, 8);
  }

  public long longAtLE(long index) {
    return Long.reverseBytes(longAt(index));
  }

  /**
   * An unsigned number of 1 to 8 bytes, the most significant first. One of 8 bytes that is 2^63 or
   * more comes out negative.
   */
  public long unsignedAt(long index, int bytes) {
    requireUnsigned(index, bytes);
    long value = Peek.unsigned(Objects.requireNonNull(first), index, bytes);
    Reference.reachabilityFence(this);
    return value;
  }

  /** As {@link #unsignedAt}, the least significant byte first. */
  public long unsignedAtLE(long index, int bytes) {
    return Long.reverseBytes(unsignedAt(index, bytes)) >>> (Long.SIZE - 8 * bytes);
  }

  private void requireUnsigned(long index, int bytes) {
    if (bytes < 1 || bytes > Long.BYTES) {
      throw new IllegalArgumentException("a number of " + bytes + " bytes: 1 to 8");
    }
    requireAt(index, bytes);
  }

  /** The decimal number that {@code bytes} bytes from {@code index} on are: see readDecimal. */
  public long decimalAt(long index, int bytes) {
    requireAt(index, bytes);
    return Decimal.parse(this, index, bytes);
  }

  /** Copies {@code length} bytes from {@code index} on, and leaves them in the queue. */
  public void copyTo(long index, byte[] target, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, target.length);
    requireAt(index, length);
    copyOut(index, target, offset, length);
  }

  /** Copies as much as there is and fits, and leaves it in the queue; how many bytes. */
  public int copyTo(ByteBuffer target) {
    int bytes = (int) Math.min(target.remaining(), size);
    Peek.copy(first, target, bytes);
    Reference.reachabilityFence(this);
    return bytes;
  }

  // ---- search

  /** The index of the first such byte at or after {@code from}; -1 if there is none. */
  public long indexOf(byte wanted, long from) {
    return indexOf(wanted, from, size);
  }

  /** As {@link #indexOf(byte, long)}, looking at no byte at or after {@code to}. */
  public long indexOf(byte wanted, long from, long to) {
    requireFrom(from);
    long found = Search.indexOf(first, wanted, from, Math.min(to, size));
    Reference.reachabilityFence(this);
    return found;
  }

  /** The index at or after {@code from} at which the whole pattern begins; -1 if there is none. */
  public long indexOf(byte[] pattern, long from) {
    return indexOf(pattern, from, size);
  }

  /** As {@link #indexOf(byte[], long)}, for a pattern that ends before {@code to}. */
  public long indexOf(byte[] pattern, long from, long to) {
    requireFrom(from);
    if (pattern.length == 0) {
      return Math.min(from, size);
    }
    long found = Search.indexOf(first, pattern, from, Math.min(to, size));
    Reference.reachabilityFence(this);
    return found;
  }

  /**
   * The index at which the line that begins at {@code from} ends: that of its {@code \n}, or of the
   * {@code \r} just before that; -1 if there is no whole line yet.
   */
  public long endOfLine(long from) {
    long feed = indexOf((byte) '\n', from);
    return feed > from && byteAt(feed - 1) == '\r' ? feed - 1 : feed;
  }

  public boolean startsWith(byte[] prefix) {
    if (prefix.length > size) {
      return false;
    }
    Chunk head = first;
    boolean matches = head == null || Search.matches(head, 0, prefix);
    Reference.reachabilityFence(this);
    return matches;
  }

  // ---- contiguous access

  /** Lends a read-only view of the first bytes, as many as lie together; empty if the queue is. */
  public ByteBuffer firstSpan() {
    Chunk head = first;
    return head == null ? ByteBuffer.allocate(0) : span(head);
  }

  /** Lends read-only views of all bytes, in order. The callee must not change the queue. */
  public void forEachSpan(Consumer<ByteBuffer> visitor) {
    for (Chunk chunk = first; chunk != null && chunk.length() > 0; chunk = chunk.next) {
      visitor.accept(span(chunk));
    }
  }

  /** How many pieces the bytes lie in. */
  public int spans() {
    int spans = 0;
    for (Chunk chunk = first; chunk != null && chunk.length() > 0; chunk = chunk.next) {
      spans++;
    }
    return spans;
  }

  /** Makes the first bytes lie together, by copying them if they do not yet. */
  public void pullUp(int bytes) {
    require(bytes, "pullUp");
    if (bytes > 0) {
      makeContiguous(bytes);
    }
  }

  /**
   * Lends space to write into, for encoders; {@link #commit} appends what was written. It lasts
   * until the next call that changes the queue.
   *
   * @param bytes what is needed at least; the space may be larger. More than 16 KiB together is
   *     taken from the system itself, and so is slow
   */
  public ByteBuffer reserve(int bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException("can't reserve " + bytes + " bytes");
    }
    space(bytes);
    Chunk tail = Objects.requireNonNull(last);
    return tail.block().view(tail.end, tail.room());
  }

  /** Appends the first bytes of the space that {@link #reserve} has lent. */
  public void commit(int bytes) {
    if (bytes < 0 || bytes > room()) {
      throw new IllegalStateException(
          "can't commit " + bytes + " bytes: " + room() + " are reserved");
    }
    if (bytes == 0) {
      dropReservation();
    } else {
      grow(bytes);
    }
  }

  // ---- for engines and those who drive them

  /** The address of the first byte, for {@link Memory}; the queue must not be empty. */
  public long firstAddress() {
    Chunk head = first;
    assert head != null && size > 0;
    return head.address();
  }

  /** How many bytes lie together at the front. */
  public int firstLength() {
    Chunk head = first;
    return head == null ? 0 : head.length();
  }

  /** Adds the front of the queue to a vector, until that is full; how many entries. */
  public int gather(Vector vector) {
    return gather(vector, Long.MAX_VALUE);
  }

  /** Adds at most {@code limitBytes} from the front; how many entries. */
  public int gather(Vector vector, long limitBytes) {
    return Peek.gather(first, vector, Math.min(limitBytes, size));
  }

  /**
   * Copies what pins the memory of others into blocks of this queue's pool: for bytes that stay
   * over a turn. That is all which an engine has received into blocks of its own, and small slices
   * which keep a large block from being used. What a user has lent stays.
   *
   * @return false if the pool has no memory for all of it; the bytes are the same in any case
   */
  public boolean copyPinned() {
    return Pinned.copyAll(this, false);
  }

  /**
   * Like {@link #copyPinned}, and as tightly as it goes: beside the bytes themselves the queue
   * holds less than one large block afterwards.
   */
  public boolean pack() {
    return Pinned.copyAll(this, true);
  }

  /**
   * Memory of the pool that this queue holds, in whole blocks. What a user has lent is not counted.
   * Takes a step for each block.
   */
  public long heldBytes() {
    return Pinned.held(this);
  }

  // ---- helpers

  private void copyFrom(ByteQueue other, long bytes) {
    if (!copyIn(other, bytes)) {
      throw exhausted(bytes);
    }
    other.discard(bytes);
  }

  private void copyOut(long index, byte[] target, int offset, int length) {
    Peek.copy(first, index, target, offset, length);
    Reference.reachabilityFence(this);
  }

  private String string(int bytes, Charset charset) {
    byte[] copy = new byte[bytes];
    copyOut(0, copy, 0, bytes);
    return new String(copy, charset);
  }

  /** Big-endian, {@code bytes} of them. */
  private long integerAt(long index, int bytes) {
    long value = Peek.integer(first, index, bytes);
    Reference.reachabilityFence(this);
    return value;
  }

  private static ByteBuffer span(Chunk chunk) {
    return chunk.block().view(chunk.start, chunk.length()).asReadOnlyBuffer();
  }

  private void requireOther(ByteQueue other) {
    if (other == this) {
      throw new IllegalArgumentException("a queue can't be moved into itself");
    }
  }

  private void require(long bytes, String what) {
    if (bytes < 0 || bytes > size) {
      throw new IndexOutOfBoundsException(
          what + " needs " + bytes + " bytes, and the queue has " + size);
    }
  }

  private void requireAt(long index, long bytes) {
    if (index < 0 || index > size - bytes) {
      throw new IndexOutOfBoundsException(
          bytes + " bytes at index " + index + " are not within the queue's " + size);
    }
  }

  private static void requireFrom(long from) {
    if (from < 0) {
      throw new IndexOutOfBoundsException("can't search from index " + from);
    }
  }

  @Override
  public String toString() {
    int chunks = 0;
    for (Chunk chunk = first; chunk != null; chunk = chunk.next) {
      chunks++;
    }
    return "ByteQueue[" + size + " bytes in " + chunks + " chunks]";
  }
}
