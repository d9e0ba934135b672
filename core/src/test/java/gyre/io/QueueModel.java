package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.Vector;
import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

// Over 500 lines: one step for each operation of a ByteQueue.
/**
 * Does the same to queues and to byte arrays, and compares them after every step. What is done
 * comes from {@link Choices}: from a seed, or from a fuzzer.
 */
final class QueueModel {
  /** A source of decisions. */
  interface Choices {
    /** From 0 on, below {@code bound}. */
    int below(int bound);
  }

  private static final int QUEUES = 4;
  private static final int OPERATIONS = 25;

  /** Keeps a step fast: beyond it nothing is appended. */
  private static final int SIZE_LIMIT_BYTES = 100_000;

  private final Choices choices;
  private final Arena arena = Arena.ofAuto();
  private final Vector vector = new Vector(Memory.attach(arena.allocate(16L * Vector.CAPACITY, 8)));
  private final BlockPool pool;
  private final BlockPool otherPool = new BlockPool(64 * 1024);
  private final Ring ring = new Ring();
  private final ByteQueue[] queues = new ByteQueue[QUEUES];
  private final byte[][] models = new byte[QUEUES][];
  private final List<int[]> releases = new ArrayList<>();
  private int contentSeed;

  /** The engine's side of received slices: blocks that belong to no pool. */
  private static final class Ring implements Block.Owner {
    private int lentBlocks;

    @Override
    public void recycle(Block block) {
      lentBlocks--;
    }
  }

  QueueModel(Choices choices, long limitBytes) {
    this.choices = choices;
    this.pool = new BlockPool(limitBytes);
    for (int i = 0; i < QUEUES; i++) {
      // The last one belongs to somebody else.
      queues[i] = new ByteQueue(i < QUEUES - 1 ? pool : otherPool);
      models[i] = new byte[0];
    }
  }

  void step() {
    int i = choices.below(QUEUES);
    int operation = choices.below(OPERATIONS);
    try {
      apply(operation, i, queues[i]);
      List<ByteQueue> all = List.of(queues);
      QueueInvariants.check(all.subList(0, QUEUES - 1), pool, ring);
      QueueInvariants.check(all.subList(QUEUES - 1, QUEUES), otherPool, ring);
      for (int k = 0; k < QUEUES; k++) {
        assertThat(content(queues[k])).as("queue %d", k).isEqualTo(models[k]);
      }
      assertThat(releases).allMatch(count -> count[0] <= 1);
    } catch (RuntimeException | AssertionError failure) {
      throw new AssertionError(
          "operation " + operation + " on queue " + i + " of " + Arrays.toString(queues), failure);
    }
  }

  /** Nothing may be left behind. */
  void finish() {
    for (ByteQueue queue : queues) {
      queue.close();
    }
    assertThat(pool.usedBytes()).isZero();
    assertThat(otherPool.usedBytes()).isZero();
    assertThat(ring.lentBlocks).isZero();
    assertThat(releases).allMatch(count -> count[0] == 1);
    pool.close();
    otherPool.close();
    assertThat(pool.reservedBytes()).isZero();
    assertThat(otherPool.reservedBytes()).isZero();
  }

  private void apply(int operation, int i, ByteQueue queue) {
    if (operation < 11 && models[i].length > SIZE_LIMIT_BYTES) {
      return;
    }
    switch (operation) {
      case 0, 1 -> appendArray(i, queue);
      case 2 -> appendBuffer(i, queue);
      case 3 -> appendInteger(i, queue);
      case 4 -> appendText(i, queue);
      case 5 -> appendQueue(i, queue);
      case 6 -> appendReference(i, queue);
      case 7 -> appendReceived(i, queue);
      case 8 -> prependArray(i, queue);
      case 9 -> prependInteger(i, queue);
      case 10 -> reserve(i, queue);
      case 11 -> readInteger(i, queue);
      case 12 -> readArray(i, queue);
      case 13 -> readBuffer(i, queue);
      case 14 -> take(i, queue);
      case 15 -> drain(i, queue);
      case 16 -> clear(i, queue);
      case 17 -> pullUp(i, queue);
      case 18 -> queue.copyPinned();
      case 19 -> searchByte(i, queue);
      case 20 -> searchPattern(i, queue);
      case 21 -> peek(i, queue);
      case 22 -> gather(i, queue);
      case 23 -> underflow(i, queue);
      default -> readLine(i, queue);
    }
  }

  // ---- appending

  private void appendArray(int i, ByteQueue queue) {
    byte[] bytes = bytes(length());
    int offset = choices.below(bytes.length + 1);
    int length = choices.below(bytes.length - offset + 1);
    boolean possible = queue.canAppend(length);
    assertThat(queue.tryAppend(bytes, offset, length)).isEqualTo(possible);
    if (possible) {
      append(i, Arrays.copyOfRange(bytes, offset, offset + length));
    }
  }

  private void appendBuffer(int i, ByteQueue queue) {
    byte[] bytes = bytes(length());
    int from = choices.below(bytes.length + 1);
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    switch (choices.below(3)) {
      case 0 -> buffer = ByteBuffer.allocateDirect(bytes.length).put(bytes);
      case 1 -> buffer = buffer.asReadOnlyBuffer();
      default -> {}
    }
    buffer.clear().position(from);
    if (queue.tryAppend(buffer)) {
      assertThat(buffer.remaining()).isZero();
      append(i, Arrays.copyOfRange(bytes, from, bytes.length));
    } else {
      assertThat(buffer.position()).isEqualTo(from);
    }
  }

  private void appendInteger(int i, ByteQueue queue) {
    long value = number();
    int kind = choices.below(7);
    boolean done =
        attempt(() -> {
          switch (kind) {
            case 0 -> queue.appendByte((int) value);
            case 1 -> queue.appendShort((int) value);
            case 2 -> queue.appendShortLE((int) value);
            case 3 -> queue.appendInt((int) value);
            case 4 -> queue.appendIntLE((int) value);
            case 5 -> queue.appendLong(value);
            default -> queue.appendLongLE(value);
          }
        });
    if (done) {
      append(i, encoded(kind, value));
    }
  }

  private void appendText(int i, ByteQueue queue) {
    String[] pieces = {"GET / HTTP/1.1\r\n", "ü", "€", "😀", "\uD800", "\uDC00", "", "plain text"};
    StringBuilder text = new StringBuilder();
    for (int n = choices.below(choices.below(8) == 0 ? 600 : 12); n > 0; n--) {
      text.append(pieces[choices.below(pieces.length)]);
    }
    String appended = text.toString();
    if (attempt(() -> queue.append(appended))) {
      append(i, appended.getBytes(StandardCharsets.UTF_8));
    }
  }

  private void appendQueue(int i, ByteQueue queue) {
    int other = choices.below(QUEUES);
    if (other == i) {
      assertThatThrownBy(() -> queue.append(queue)).isInstanceOf(IllegalArgumentException.class);
      return;
    }
    byte[] from = models[other];
    ByteQueue source = queues[other];
    int length = choices.below(from.length + 1);
    switch (choices.below(3)) {
      case 0 -> {
        if (attempt(() -> queue.append(source))) {
          append(i, from);
          models[other] = new byte[0];
        }
      }
      case 1 -> {
        if (attempt(() -> queue.append(source, length))) {
          append(i, Arrays.copyOf(from, length));
          models[other] = Arrays.copyOfRange(from, length, from.length);
        }
      }
      default -> {
        if (attempt(() -> queue.prepend(source))) {
          models[i] = concat(from, models[i]);
          models[other] = new byte[0];
        }
      }
    }
  }

  private void appendReference(int i, ByteQueue queue) {
    byte[] bytes = bytes(length());
    int[] count = new int[1];
    releases.add(count);
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    if (choices.below(2) == 0) {
      queue.appendReference(buffer, () -> count[0]++);
      assertThat(buffer.remaining()).isZero();
    } else {
      queue.appendReference(MemorySegment.ofBuffer(buffer), () -> count[0]++);
    }
    append(i, bytes);
  }

  private void appendReceived(int i, ByteQueue queue) {
    byte[] bytes = bytes(1 + length());
    long memory = Memory.attach(arena.allocate(bytes.length));
    Memory.copy(bytes, 0, memory, bytes.length);
    Block block = new Block(ring, 0, memory, bytes.length);
    ring.lentBlocks++;
    block.retain();
    for (int from = 0; from < bytes.length; ) {
      int length = 1 + choices.below(bytes.length - from);
      block.retain();
      queue.append(block, from, length);
      append(i, Arrays.copyOfRange(bytes, from, from + length));
      from += length;
      if (choices.below(3) == 0) {
        break;
      }
    }
    block.release();
  }

  private void prependArray(int i, ByteQueue queue) {
    byte[] bytes = bytes(length());
    if (attempt(() -> queue.prepend(bytes))) {
      models[i] = concat(bytes, models[i]);
    }
  }

  private void prependInteger(int i, ByteQueue queue) {
    long value = number();
    int kind = choices.below(7);
    boolean done =
        attempt(() -> {
          switch (kind) {
            case 0 -> queue.prependByte((int) value);
            case 1 -> queue.prependShort((int) value);
            case 2 -> queue.prependShortLE((int) value);
            case 3 -> queue.prependInt((int) value);
            case 4 -> queue.prependIntLE((int) value);
            case 5 -> queue.prependLong(value);
            default -> queue.prependLongLE(value);
          }
        });
    if (done) {
      models[i] = concat(encoded(kind, value), models[i]);
    }
  }

  private void reserve(int i, ByteQueue queue) {
    int wanted = 1 + choices.below(choices.below(8) == 0 ? 40_000 : 3000);
    ByteBuffer[] space = new ByteBuffer[1];
    if (!attempt(() -> space[0] = queue.reserve(wanted)) || choices.below(4) == 0) {
      return; // Never committed: the next change of the queue takes it back.
    }
    assertThat(space[0].remaining()).isGreaterThanOrEqualTo(wanted);
    byte[] bytes = bytes(choices.below(space[0].remaining() + 1));
    space[0].put(bytes);
    queue.commit(bytes.length);
    append(i, bytes);
  }

  // ---- reading

  private void readInteger(int i, ByteQueue queue) {
    int kind = choices.below(7);
    int length = kind == 0 ? 1 : kind < 3 ? 2 : kind < 5 ? 4 : 8;
    if (models[i].length < length) {
      return;
    }
    long value =
        switch (kind) {
          case 0 -> queue.readByte();
          case 1 -> queue.readShort();
          case 2 -> queue.readShortLE();
          case 3 -> queue.readInt();
          case 4 -> queue.readIntLE();
          case 5 -> queue.readLong();
          default -> queue.readLongLE();
        };
    assertThat(encoded(kind, value)).isEqualTo(Arrays.copyOf(models[i], length));
    remove(i, length);
  }

  private void readArray(int i, ByteQueue queue) {
    byte[] target = new byte[length()];
    int offset = choices.below(target.length + 1);
    int read = queue.read(target, offset, target.length - offset);
    assertThat(read).isEqualTo(Math.min(target.length - offset, models[i].length));
    byte[] expected = new byte[target.length];
    System.arraycopy(models[i], 0, expected, offset, read);
    assertThat(target).isEqualTo(expected);
    remove(i, read);
  }

  private void readBuffer(int i, ByteQueue queue) {
    int capacity = length();
    ByteBuffer target =
        choices.below(2) == 0 ? ByteBuffer.allocate(capacity) : ByteBuffer.allocateDirect(capacity);
    target.position(choices.below(capacity + 1));
    int from = target.position();
    int read = queue.read(target);
    assertThat(read).isEqualTo(Math.min(capacity - from, models[i].length));
    byte[] bytes = new byte[read];
    target.flip().position(from).get(bytes);
    assertThat(bytes).isEqualTo(Arrays.copyOf(models[i], read));
    remove(i, read);
  }

  private void take(int i, ByteQueue queue) {
    int length = choices.below(models[i].length + 1);
    byte[] expected = Arrays.copyOf(models[i], length);
    if (choices.below(2) == 0) {
      assertThat(queue.take(length)).isEqualTo(expected);
    } else {
      assertThat(queue.readString(length, StandardCharsets.ISO_8859_1))
          .isEqualTo(new String(expected, StandardCharsets.ISO_8859_1));
    }
    remove(i, length);
  }

  private void drain(int i, ByteQueue queue) {
    int length = choices.below(models[i].length + 1);
    queue.drain(length);
    remove(i, length);
  }

  private void clear(int i, ByteQueue queue) {
    if (choices.below(4) == 0) {
      queue.clear();
      models[i] = new byte[0];
      pool.trim();
    }
  }

  private void pullUp(int i, ByteQueue queue) {
    int length = choices.below(models[i].length + 1);
    if (attempt(() -> queue.pullUp(length))) {
      assertThat(queue.firstLength()).isGreaterThanOrEqualTo(length);
    }
  }

  private void readLine(int i, ByteQueue queue) {
    int feed = new String(models[i], StandardCharsets.ISO_8859_1).indexOf('\n');
    int limit = 1 + choices.below(5000);
    if (feed >= limit || (feed < 0 && models[i].length >= limit)) {
      assertThatThrownBy(() -> queue.readLine(limit, StandardCharsets.ISO_8859_1))
          .isInstanceOf(IllegalStateException.class);
      return;
    }
    String line = queue.readLine(limit, StandardCharsets.ISO_8859_1);
    if (feed < 0) {
      assertThat(line).isNull();
    } else {
      String expected = new String(models[i], 0, feed, StandardCharsets.ISO_8859_1);
      assertThat(line)
          .isEqualTo(
              expected.endsWith("\r") ? expected.substring(0, expected.length() - 1) : expected);
      remove(i, feed + 1);
    }
  }

  // ---- looking

  private void searchByte(int i, ByteQueue queue) {
    byte wanted = bytes(8)[choices.below(8)];
    int from = choices.below(models[i].length + 2);
    String all = new String(models[i], StandardCharsets.ISO_8859_1);
    assertThat(queue.indexOf(wanted, from)).isEqualTo(all.indexOf((char) (wanted & 0xFF), from));
    int feed = all.indexOf('\n', from);
    int end = feed > from && all.charAt(feed - 1) == '\r' ? feed - 1 : feed;
    assertThat(queue.endOfLine(from)).isEqualTo(end);
  }

  private void searchPattern(int i, ByteQueue queue) {
    byte[] model = models[i];
    byte[] pattern = bytes(choices.below(5));
    if (choices.below(3) > 0) {
      int start = choices.below(model.length + 1);
      pattern =
          Arrays.copyOfRange(
              model, start, start + choices.below(Math.min(40, model.length - start) + 1));
    }
    int from = choices.below(model.length + 2);
    String all = new String(model, StandardCharsets.ISO_8859_1);
    String wanted = new String(pattern, StandardCharsets.ISO_8859_1);
    assertThat(queue.indexOf(pattern, from)).isEqualTo(all.indexOf(wanted, from));
    assertThat(queue.startsWith(pattern)).isEqualTo(all.startsWith(wanted));
  }

  private void peek(int i, ByteQueue queue) {
    byte[] model = models[i];
    int index = choices.below(model.length + 1);
    ByteBuffer rest = ByteBuffer.wrap(model, index, model.length - index).slice();
    ByteBuffer little = rest.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (rest.remaining() >= 1) {
      assertThat(queue.byteAt(index)).isEqualTo(rest.get(0));
    }
    if (rest.remaining() >= 2) {
      assertThat(queue.shortAt(index)).isEqualTo(rest.getShort(0));
      assertThat(queue.shortAtLE(index)).isEqualTo(little.getShort(0));
    }
    if (rest.remaining() >= 4) {
      assertThat(queue.intAt(index)).isEqualTo(rest.getInt(0));
      assertThat(queue.intAtLE(index)).isEqualTo(little.getInt(0));
    }
    if (rest.remaining() >= 8) {
      assertThat(queue.longAt(index)).isEqualTo(rest.getLong(0));
      assertThat(queue.longAtLE(index)).isEqualTo(little.getLong(0));
    }
    byte[] copy = new byte[choices.below(rest.remaining() + 1)];
    queue.copyTo(index, copy, 0, copy.length);
    assertThat(copy).isEqualTo(Arrays.copyOfRange(model, index, index + copy.length));
    assertThat(queue.firstSpan().remaining()).isEqualTo(queue.firstLength());
  }

  private void gather(int i, ByteQueue queue) {
    vector.clear();
    long limit = choices.below(2) == 0 ? Long.MAX_VALUE : choices.below(models[i].length + 1);
    assertThat(queue.gather(vector, limit)).isEqualTo(vector.count());
    assertThat(vector.bytes()).isLessThanOrEqualTo(limit);
    if (!vector.isFull()) {
      assertThat(vector.bytes()).isEqualTo(Math.min(limit, models[i].length));
    }
    byte[] gathered = new byte[(int) vector.bytes()];
    int to = 0;
    for (int k = 0; k < vector.count(); k++) {
      Memory.copy(vector.base(k), gathered, to, vector.length(k));
      to += vector.length(k);
    }
    assertThat(gathered).isEqualTo(Arrays.copyOf(models[i], gathered.length));
    int sent = choices.below(gathered.length + 1);
    queue.drain(sent);
    remove(i, sent);
  }

  private void underflow(int i, ByteQueue queue) {
    int size = models[i].length;
    assertThatThrownBy(() -> queue.drain(size + 1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> queue.drain(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> queue.take(size + 1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> queue.byteAt(size)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> queue.longAt(size - 7L)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> queue.pullUp(size + 1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> queue.commit(queue.room() + 1))
        .isInstanceOf(IllegalStateException.class);
    if (size < 4) {
      assertThatThrownBy(queue::readInt).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  // ---- helpers

  /** False if the pool was exhausted: then nothing may have changed. */
  private static boolean attempt(Runnable action) {
    try {
      action.run();
      return true;
    } catch (PoolExhaustedException exhausted) {
      return false;
    }
  }

  private void append(int i, byte[] bytes) {
    models[i] = concat(models[i], bytes);
  }

  private void remove(int i, int length) {
    models[i] = Arrays.copyOfRange(models[i], length, models[i].length);
  }

  /** Mostly small, now and then larger than a block. */
  private int length() {
    return switch (choices.below(16)) {
      case 0 -> choices.below(40_000);
      case 1, 2 -> choices.below(3000);
      default -> choices.below(40);
    };
  }

  private long number() {
    return choices.below(Integer.MAX_VALUE) * 0x9E3779B97F4A7C15L;
  }

  /** Few different values and many line ends, so that searches find something. */
  private byte[] bytes(int length) {
    byte[] alphabet = {'\r', '\n', 'a', 'b', 0, (byte) 0x80, (byte) 0xFF, 1, 'a', 'a', 'b', 'c'};
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      contentSeed = contentSeed * 1103515245 + 12345;
      bytes[i] = alphabet[(contentSeed >>> 16) % alphabet.length];
    }
    return bytes;
  }

  private static byte[] encoded(int kind, long value) {
    ByteBuffer buffer = ByteBuffer.allocate(8);
    if (kind == 2 || kind == 4 || kind == 6) {
      buffer.order(ByteOrder.LITTLE_ENDIAN);
    }
    switch (kind) {
      case 0 -> buffer.put((byte) value);
      case 1, 2 -> buffer.putShort((short) value);
      case 3, 4 -> buffer.putInt((int) value);
      default -> buffer.putLong(value);
    }
    return Arrays.copyOf(buffer.array(), buffer.position());
  }

  private static byte[] content(ByteQueue queue) {
    byte[] bytes = new byte[(int) queue.size()];
    int[] at = new int[1];
    queue.forEachSpan(span -> {
      int length = span.remaining();
      span.get(bytes, at[0], length);
      at[0] += length;
    });
    return bytes;
  }

  private static byte[] concat(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}
