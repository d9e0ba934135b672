package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.Vector;
import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** In the steady state nothing is allocated. */
@Tag("denied-native-access")
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ByteQueueAllocationTest {
  private static final int ROUNDS = 20_000;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final Arena arena = Arena.ofAuto();
  private final Vector vector = new Vector(Memory.attach(arena.allocate(16L * Vector.CAPACITY, 8)));
  private final BlockPool pool = new BlockPool(1 << 20);
  private final ByteQueue in = new ByteQueue(pool);
  private final ByteQueue out = new ByteQueue(pool);
  private final Block received =
      new Block(block -> {}, 0, Memory.attach(arena.allocate(4096)), 4096);
  private final byte[] message = new byte[64];
  private long checksum;

  @Test
  void shouldNotAllocatePerMessage() {
    received.retain();
    // A compiler that is still at work may allocate on the way: the least of a few tries counts.
    long least = Long.MAX_VALUE;
    for (int attempt = 0; attempt < 10 && least > 0; attempt++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < ROUNDS; i++) {
        echo(i % 64 * 64);
        respond();
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    // Measuring may itself allocate an object or two.
    assertThat(least).isLessThan(ROUNDS / 10);
    assertThat(checksum).isPositive();
  }

  @Test
  void shouldNotAllocatePerNumber() {
    ByteAppender appender = new SinkAppender(new QueueSink(out));
    long least = Long.MAX_VALUE;
    for (int attempt = 0; attempt < 10 && least > 0; attempt++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < ROUNDS; i++) {
        out.appendDecimal(i);
        appender.appendDecimal(-i);
        appender.appendInt(i);
        appender.append("text");
        int digits = (int) out.indexOf((byte) '-', 0);
        if (digits > 0) {
          checksum += out.readDecimal(digits);
        }
        out.clear();
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(least).isLessThan(ROUNDS / 10);
    assertThat(checksum).isPositive();
  }

  private record QueueSink(ByteQueue queue) implements ByteSink {
    @Override
    public void write(ByteBuffer source) {
      queue.append(source);
    }

    @Override
    public void write(ByteQueue source) {
      queue.append(source);
    }

    @Override
    public void write(byte[] source, int offset, int length) {
      queue.append(source, offset, length);
    }

    @Override
    public void flush() {}
  }

  @Test
  void shouldBeTinyWhenEmpty() {
    ByteQueue[] queues = new ByteQueue[10_000];
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < queues.length; i++) {
      queues[i] = new ByteQueue(pool);
    }
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(bytes / queues.length).isLessThanOrEqualTo(32);
    assertThat(queues[queues.length - 1].isEmpty()).isTrue();
    assertThat(pool.usedBytes()).isZero();
  }

  private void echo(int offset) {
    received.retain();
    in.append(received, offset, 64);
    out.append(in, 20);
    out.append(in);
    vector.clear();
    out.gather(vector);
    checksum += vector.bytes();
    out.drain(64);
  }

  private void respond() {
    in.append("HTTP/1.1 200 OK\r\n");
    in.append(message);
    in.appendInt(7);
    in.prependShort(9);
    checksum += in.readShort() + in.indexOf((byte) '\n', 0) + in.byteAt(3);
    in.copyPinned();
    in.read(message, 0, message.length);
    in.clear();
  }
}
