package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The edges one by one; the model test covers their combinations. */
@Tag("denied-native-access")
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class ByteQueueTest {
  private static final byte[] LONG = {1, -2, 3, -4, 5, -6, 7, -8};

  private final BlockPool pool = new BlockPool(1 << 20);
  private final ByteQueue queue = new ByteQueue(pool);

  @AfterEach
  void nothingIsLeft() {
    QueueInvariants.checkChain(queue);
    queue.close();
    assertThat(pool.usedBytes()).isZero();
    pool.close();
  }

  /** A queue whose bytes lie in chunks of one byte each. */
  private void appendInPieces(byte[] bytes) {
    for (byte b : bytes) {
      queue.appendReference(ByteBuffer.allocateDirect(1).put(b).flip(), () -> {});
    }
  }

  @Test
  void shouldHoldNoMemoryWhenEmpty() {
    assertThat(queue.size()).isZero();
    queue.append("some");
    assertThat(pool.usedBytes()).isEqualTo(BlockPool.SMALL_BYTES);
    queue.drain(4);
    assertThat(pool.usedBytes()).isZero();
    queue.reserve(10);
    queue.commit(0);
    assertThat(pool.usedBytes()).isZero();
  }

  @Test
  void shouldTakeLargerBlocksAsItGrows() {
    queue.append(new byte[1024]);
    queue.append(new byte[10]);
    queue.append(new byte[5000]);
    assertThat(pool.usedBytes()).isEqualTo(2 * BlockPool.SMALL_BYTES + BlockPool.LARGE_BYTES);
  }

  @Test
  void shouldReadIntegersAcrossBorders() {
    ByteBuffer expected = ByteBuffer.wrap(LONG);
    for (int round = 0; round < 6; round++) {
      appendInPieces(LONG);
    }
    assertThat(queue.longAt(8)).isEqualTo(expected.getLong(0));
    assertThat(queue.intAt(10)).isEqualTo(expected.getInt(2));
    assertThat(queue.shortAt(11)).isEqualTo(expected.getShort(3));
    assertThat(queue.byteAt(15)).isEqualTo((byte) -8);
    assertThat(queue.readLong()).isEqualTo(expected.getLong(0));
    assertThat(queue.readInt()).isEqualTo(expected.getInt(0));
    assertThat(queue.readShort()).isEqualTo(expected.getShort(4));
    assertThat(queue.readUnsignedByte()).isEqualTo(7);
    assertThat(queue.readUnsignedByte()).isEqualTo(248);
    expected.order(ByteOrder.LITTLE_ENDIAN);
    assertThat(queue.readLongLE()).isEqualTo(expected.getLong(0));
    assertThat(queue.readIntLE()).isEqualTo(expected.getInt(0));
    assertThat(queue.readShortLE()).isEqualTo(expected.getShort(4));
    queue.drain(2);
    assertThat(queue.intAtLE(0)).isEqualTo(expected.getInt(0));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 9, 63, 1000, 1023, 1024, 1025, 17_000})
  void shouldFindAByteWhereverItIs(int index) {
    byte[] bytes = new byte[index + 20];
    // Differs from what is wanted by one bit, and by its high bit.
    Arrays.fill(bytes, (byte) 0x81);
    bytes[index] = (byte) 0x80;
    bytes[index + 10] = (byte) 0x80;
    queue.append(bytes);
    assertThat(queue.indexOf((byte) 0x80, 0)).isEqualTo(index);
    assertThat(queue.indexOf((byte) 0x80, index)).isEqualTo(index);
    assertThat(queue.indexOf((byte) 0x80, index + 1)).isEqualTo(index + 10);
    assertThat(queue.indexOf((byte) 0x80, index + 11)).isEqualTo(-1);
    assertThat(queue.indexOf((byte) 0, 0)).isEqualTo(-1);
  }

  @Test
  void shouldFindAPatternAcrossBorders() {
    appendInPieces("aaab\r\n\r\nrest".getBytes(StandardCharsets.US_ASCII));
    assertThat(queue.indexOf("aab".getBytes(StandardCharsets.US_ASCII), 0)).isEqualTo(1);
    assertThat(queue.indexOf("\r\n\r\n".getBytes(StandardCharsets.US_ASCII), 0)).isEqualTo(4);
    assertThat(queue.indexOf("restx".getBytes(StandardCharsets.US_ASCII), 0)).isEqualTo(-1);
    assertThat(queue.indexOf(new byte[0], 3)).isEqualTo(3);
    assertThat(queue.startsWith("aaab\r".getBytes(StandardCharsets.US_ASCII))).isTrue();
    assertThat(queue.startsWith("aaac".getBytes(StandardCharsets.US_ASCII))).isFalse();
    assertThat(queue.endOfLine(0)).isEqualTo(4);
    assertThat(queue.endOfLine(5)).isEqualTo(5);
    assertThat(queue.endOfLine(6)).isEqualTo(6);
    assertThat(queue.endOfLine(8)).isEqualTo(-1);
    assertThatThrownBy(() -> queue.indexOf((byte) 0, -1))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void shouldReadLines() {
    queue.append("one\r\n\ntwo\nthr");
    assertThat(queue.readLine(80, StandardCharsets.UTF_8)).isEqualTo("one");
    assertThat(queue.readLine(80, StandardCharsets.UTF_8)).isEmpty();
    assertThatThrownBy(() -> queue.readLine(3, StandardCharsets.UTF_8))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("3 bytes");
    assertThat(queue.readLine(4, StandardCharsets.UTF_8)).isEqualTo("two");
    assertThat(queue.readLine(4, StandardCharsets.UTF_8)).isNull();
    assertThatThrownBy(() -> queue.readLine(3, StandardCharsets.UTF_8))
        .isInstanceOf(IllegalStateException.class);
    assertThat(queue.size()).isEqualTo(3);
  }

  @Test
  void shouldMoveWithoutCopying() {
    queue.append(new byte[40_000]);
    long used = pool.usedBytes();
    long address = queue.firstAddress();
    ByteQueue target = queue.sibling();
    target.append(queue, 100);
    assertThat(target.firstAddress()).isEqualTo(address);
    assertThat(queue.firstAddress()).isEqualTo(address + 100);
    target.append(queue);
    assertThat(queue.isEmpty()).isTrue();
    assertThat(target.firstLength()).as("the parts are one again").isGreaterThan(100);
    queue.append("head");
    target.prepend(queue);
    assertThat(target.size()).isEqualTo(40_004);
    assertThat(pool.usedBytes()).isEqualTo(used + BlockPool.SMALL_BYTES);
    target.close();
  }

  @Test
  void shouldCopyBetweenPools() {
    ByteQueue codec = ByteQueue.create(64 * 1024);
    codec.append("from elsewhere");
    queue.append(codec, 5);
    assertThat(pool.usedBytes()).isEqualTo(BlockPool.SMALL_BYTES);
    queue.prepend(codec);
    assertThat(queue.readString(14, StandardCharsets.UTF_8)).isEqualTo("elsewherefrom ");
    assertThat(codec.isEmpty()).isTrue();
    assertThat(codec.toString()).isEqualTo("ByteQueue[0 bytes in 0 chunks]");
  }

  @Test
  void shouldOnlyLetTheLastSliceOfABlockGrow() {
    queue.append("12345678");
    ByteQueue front = queue.sibling();
    front.append(queue, 4);
    front.append("front");
    queue.append("back");
    assertThat(queue.readString(8, StandardCharsets.UTF_8)).isEqualTo("5678back");
    assertThat(front.readString(9, StandardCharsets.UTF_8)).isEqualTo("1234front");
  }

  @Test
  void shouldPrependInPlaceOnlyWhereNobodyElseReads() {
    queue.append("12345678");
    queue.drain(4);
    long address = queue.firstAddress();
    queue.prependInt(7);
    assertThat(queue.firstAddress()).isEqualTo(address - 4);

    ByteQueue front = queue.sibling();
    front.append(queue, 4);
    queue.prependInt(9);
    assertThat(front.readInt()).isEqualTo(7);
    assertThat(queue.readInt()).isEqualTo(9);
  }

  @Test
  void shouldNeverWriteIntoMemoryOfOthers() {
    byte[] content = "lent memory".getBytes(StandardCharsets.US_ASCII);
    ByteBuffer lent = ByteBuffer.allocateDirect(content.length).put(content).flip();
    queue.appendReference(lent.duplicate(), () -> {});
    queue.drain(5);
    queue.prependInt(-1);
    queue.append("more");
    queue.copyPinned();
    byte[] now = new byte[content.length];
    lent.get(now);
    assertThat(now).isEqualTo(content);
    assertThat(queue.firstSpan().isReadOnly()).isTrue();
  }

  @Test
  void shouldReleaseReferencesExactlyOnce() {
    List<String> released = new ArrayList<>();
    MemorySegment segment = MemorySegment.ofBuffer(ByteBuffer.allocateDirect(10));
    queue.appendReference(segment, () -> released.add("a"));
    queue.appendReference(segment.asSlice(0, 0), () -> released.add("empty"));
    queue.appendReference(segment.asSlice(2), () -> released.add("b"));
    assertThat(released).containsExactly("empty");
    ByteQueue other = queue.sibling();
    other.append(queue, 4);
    queue.copyPinned();
    queue.drain(6);
    assertThat(released).as("a part is still in the other queue").containsExactly("empty");
    other.clear();
    assertThat(released).containsExactly("empty", "a");
    queue.clear();
    queue.clear();
    assertThat(released).containsExactly("empty", "a", "b");
  }

  @Test
  void shouldLetAReleaseCallbackUseTheQueue() {
    queue.appendReference(ByteBuffer.allocateDirect(4), () -> queue.append("again"));
    queue.append("rest");
    queue.drain(4);
    assertThat(queue.readString(9, StandardCharsets.UTF_8)).isEqualTo("restagain");
  }

  @Test
  void shouldReportAReleaseCallbackThatThrowsAndGoOn() {
    List<LogRecord> records = new ArrayList<>();
    Logger logger = Logger.getLogger("gyre.io");
    logger.setUseParentHandlers(false);
    logger.setFilter(record -> !records.add(record));
    queue.appendReference(
        ByteBuffer.allocateDirect(4),
        () -> {
          throw new IllegalStateException("expected by this test");
        });
    queue.append("rest");
    queue.drain(5);
    logger.setFilter(null);
    logger.setUseParentHandlers(true);
    assertThat(queue.size()).isEqualTo(3);
    assertThat(records).hasSize(1);
    assertThat(records.getFirst().getThrown()).hasMessage("expected by this test");
  }

  @Test
  void shouldRefuseReferencesToTheHeap() {
    assertThatThrownBy(() -> queue.appendReference(ByteBuffer.allocate(4), () -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("direct");
    assertThatThrownBy(() -> queue.appendReference(MemorySegment.ofArray(new byte[1]), () -> {}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldMakeBytesContiguousBeyondALargeBlock() {
    byte[] bytes = new byte[50_000];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    queue.append(bytes);
    queue.pullUp(0);
    queue.pullUp(100);
    queue.pullUp(40_000);
    assertThat(queue.firstLength()).isGreaterThanOrEqualTo(40_000);
    byte[] first = new byte[40_000];
    queue.firstSpan().get(first);
    assertThat(first).isEqualTo(Arrays.copyOf(bytes, first.length));
    assertThat(queue.take(50_000)).isEqualTo(bytes);
  }

  @Test
  void shouldReserveAndCommit() {
    queue.append("a");
    ByteBuffer space = queue.reserve(100);
    assertThat(space.remaining()).isEqualTo(BlockPool.SMALL_BYTES - 1);
    space.put((byte) 'b');
    queue.commit(1);
    queue.reserve(17_000).put((byte) 'c');
    queue.commit(1);
    assertThat(queue.readString(3, StandardCharsets.UTF_8)).isEqualTo("abc");
    assertThatThrownBy(() -> queue.commit(1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> queue.reserve(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldForgetAReservationThatWasNotCommitted() {
    queue.append(new byte[1024]);
    queue.reserve(500);
    queue.appendReference(ByteBuffer.allocateDirect(3), () -> {});
    QueueInvariants.checkChain(queue);
    queue.reserve(500);
    queue.drain(queue.size());
    assertThat(pool.usedBytes()).isZero();
  }

  @Test
  void shouldSayWhatIsMissing() {
    queue.append("abc");
    assertThatThrownBy(queue::readInt)
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("readInt needs 4 bytes, and the queue has 3");
    assertThatThrownBy(() -> queue.byteAt(3))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("1 bytes at index 3 are not within the queue's 3");
    assertThatThrownBy(() -> queue.copyTo(1, new byte[4], 0, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> queue.append(queue)).isInstanceOf(IllegalArgumentException.class);
    assertThat(queue.size()).isEqualTo(3);
  }

  @Test
  void shouldOwnWhatPinsLargeBlocks() {
    queue.append(new byte[BlockPool.LARGE_BYTES]);
    queue.drain(BlockPool.LARGE_BYTES - 10L);
    assertThat(pool.usedBytes()).isEqualTo(BlockPool.LARGE_BYTES);
    assertThat(queue.copyPinned()).isTrue();
    assertThat(pool.usedBytes()).isEqualTo(BlockPool.SMALL_BYTES);
    long address = queue.firstAddress();
    assertThat(queue.copyPinned()).isTrue();
    assertThat(queue.firstAddress()).as("copied once").isEqualTo(address);
    assertThat(queue.take(10)).isEqualTo(new byte[10]);
  }

  @Test
  void shouldHoldFewBlocksForManyLittlePieces() {
    int pieces = 500;
    try (ByteQueue source = queue.sibling()) {
      for (int i = 0; i < pieces; i++) {
        received(source, i);
        queue.append(source);
      }
      assertThat(source.isEmpty()).isTrue();
    }
    assertThat(queue.heldBytes()).isLessThan(2 * BlockPool.LARGE_BYTES);
    assertPieces(pieces);
  }

  @Test
  void shouldPackManyLittlePieces() {
    int pieces = 500;
    for (int i = 0; i < pieces; i++) {
      received(queue, i);
    }
    assertThat(queue.heldBytes()).isEqualTo((long) pieces * BlockPool.SMALL_BYTES);
    assertThat(queue.copyPinned()).isTrue();
    assertThat(queue.heldBytes()).isLessThan(2 * BlockPool.LARGE_BYTES);
    assertPieces(pieces);
  }

  /** Three bytes in a block of which the rest is the engine's. */
  private void received(ByteQueue target, int i) {
    Block block = Objects.requireNonNull(pool.takeAny(3));
    ByteBuffer view = block.view(0, 3);
    view.put((byte) i).put((byte) (i >> 8)).put((byte) 7);
    block.filled = Block.NOT_FILLABLE;
    target.append(block, 0, 3);
  }

  private void assertPieces(int pieces) {
    for (int i = 0; i < pieces; i++) {
      assertThat(queue.take(3)).containsExactly(i, i >> 8, 7);
    }
  }

  @Test
  void shouldEncodeText() {
    for (String text :
        List.of("", "plain", "Grüße", "€", "a😀b", "\uD800x", "x\uDC00", "nul\0in")) {
      queue.append(text);
      assertThat(queue.take((int) queue.size()))
          .as(text)
          .isEqualTo(text.getBytes(StandardCharsets.UTF_8));
    }
    queue.append("ü€".repeat(5000));
    assertThat(queue.readString((int) queue.size(), StandardCharsets.UTF_8))
        .isEqualTo("ü€".repeat(5000));
  }
}
