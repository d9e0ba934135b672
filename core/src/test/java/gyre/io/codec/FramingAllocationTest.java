package gyre.io.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import gyre.io.ByteQueue;
import gyre.io.Decoder;
import gyre.io.Encoder;
import java.lang.management.ManagementFactory;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A message costs its own memory and no other. */
@Tag("denied-native-access")
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FramingAllocationTest {
  private static final int ROUNDS = 2000;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private long checksum;

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.MATCH_NONE, names = "CHUNKED.*")
  void shouldAllocateNothingBesideTheMessage(Framings kind) {
    byte[] message = kind.messages(20, new Random(5)::nextInt).getLast();
    Encoder<byte[]> encoder = kind.framing.bytes().encoder();
    // Of a message that is no object there is nothing to allocate at all.
    Decoder<Boolean> decoder =
        kind.framing.decoder((input, bytes) -> {
          checksum += bytes == 0 ? 1 : input.byteAt(bytes - 1L);
          return Boolean.TRUE;
        });
    long least = Long.MAX_VALUE;
    try (ByteQueue queue = ByteQueue.create()) {
      for (int attempt = 0; attempt < 20 && least > ROUNDS; attempt++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < ROUNDS; i++) {
          encoder.encode(message, queue);
          encoder.encode(message, queue);
          assert decoder.decode(queue) != null;
          assert decoder.decode(queue) != null;
          assert decoder.decode(queue) == null;
        }
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
    }
    assertThat(checksum).isNotZero();
    assertThat(least).isLessThanOrEqualTo(ROUNDS);
  }
}
