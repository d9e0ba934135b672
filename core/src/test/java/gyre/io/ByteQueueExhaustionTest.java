package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.engine.BlockPool;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation that may need memory, with a pool that has none: all queues stay as they are. */
@Tag("denied-native-access")
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class ByteQueueExhaustionTest {
  private static final int LIMIT_BYTES = 48 * 1024;

  private static Named<BiConsumer<ByteQueue, ByteQueue>> named(
      String name, BiConsumer<ByteQueue, ByteQueue> operation) {
    return Named.of(name, operation);
  }

  static Stream<Named<BiConsumer<ByteQueue, ByteQueue>>> operations() {
    return Stream.of(
        named("appendByte", (queue, other) -> queue.appendByte(1)),
        named("appendLong", (queue, other) -> queue.appendLong(1)),
        named("append(byte[])", (queue, other) -> queue.append(new byte[1])),
        named("append(byte[]) large", (queue, other) -> queue.append(new byte[30_000])),
        named("append(ByteBuffer)", (queue, other) -> queue.append(ByteBuffer.allocate(1))),
        named("append(String)", (queue, other) -> queue.append("x")),
        named("append(String) long", (queue, other) -> queue.append("x".repeat(2000))),
        named("append(ByteQueue) of another pool", ByteQueue::append),
        named("append(ByteQueue, n) of another pool", (queue, other) -> queue.append(other, 5)),
        named("prepend(ByteQueue) of another pool", ByteQueue::prepend),
        named("prependByte", (queue, other) -> queue.prependByte(1)),
        named("prepend(byte[])", (queue, other) -> queue.prepend(new byte[10])),
        named("prepend(byte[]) large", (queue, other) -> queue.prepend(new byte[20_000])),
        named("reserve", (queue, other) -> queue.reserve(1)),
        named("reserve large", (queue, other) -> queue.reserve(20_000)),
        named("pullUp", (queue, other) -> queue.pullUp((int) queue.size())));
  }

  @ParameterizedTest
  @MethodSource("operations")
  void shouldLeaveEverythingAsItWas(BiConsumer<ByteQueue, ByteQueue> operation) {
    BlockPool pool = new BlockPool(LIMIT_BYTES);
    ByteQueue queue = new ByteQueue(pool);
    byte[] content = new byte[LIMIT_BYTES];
    for (int i = 0; i < content.length; i++) {
      content[i] = (byte) i;
    }
    queue.append(content);
    assertThat(pool.availableBytes()).isZero();
    ByteQueue other = ByteQueue.create();
    other.append("0123456789");

    assertThatThrownBy(() -> operation.accept(queue, other))
        .isInstanceOf(PoolExhaustedException.class)
        .hasMessageContaining("49152 of the pool's 49152 bytes are in use");

    QueueInvariants.checkChain(queue);
    assertThat(pool.usedBytes()).isEqualTo(LIMIT_BYTES);
    assertThat(pool.refusals()).isPositive();
    assertThat(other.size()).isEqualTo(10);
    assertThat(queue.take(LIMIT_BYTES)).isEqualTo(content);
    assertThat(pool.usedBytes()).isZero();
    pool.close();
  }

  @Test
  void shouldRefuseWithoutThrowing() {
    ByteQueue queue = ByteQueue.create(32 * 1024);
    assertThat(queue.canAppend(32 * 1024)).isTrue();
    assertThat(queue.canAppend(32 * 1024 + 1)).isFalse();
    assertThat(queue.tryAppend(new byte[32 * 1024 + 1], 0, 32 * 1024 + 1)).isFalse();
    assertThat(queue.isEmpty()).isTrue();
    ByteBuffer buffer = ByteBuffer.allocateDirect(40_000);
    assertThat(queue.tryAppend(buffer)).isFalse();
    assertThat(buffer.remaining()).isEqualTo(40_000);
    assertThat(queue.tryAppend(new byte[32 * 1024], 0, 32 * 1024)).isTrue();
    assertThat(queue.canAppend(1)).isFalse();
  }

  @Test
  void shouldKeepBytesThatItCannotOwn() {
    BlockPool pool = new BlockPool(16 * 1024);
    ByteQueue queue = new ByteQueue(pool);
    queue.append(new byte[16 * 1024]);
    queue.drain(16 * 1024 - 3);
    assertThat(queue.copyPinned()).isFalse();
    assertThat(queue.take(3)).isEqualTo(new byte[3]);
    pool.close();
  }

  @Test
  void shouldNotTellWaitersOfItsOwnRollback() {
    BlockPool pool = new BlockPool(32 * 1024);
    int[] told = new int[1];
    pool.addListener(() -> told[0]++);
    ByteQueue queue = new ByteQueue(pool);
    queue.append(new byte[10_000]);
    assertThat(queue.tryAppend(new byte[30_000], 0, 30_000)).isFalse();
    assertThat(told[0]).isZero();
    queue.clear();
    assertThat(told[0]).isEqualTo(1);
    pool.close();
  }
}
