package gyre.sys;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.foreign.Arena;
import java.net.SocketAddress;

/**
 * The one parser of core: addresses as the kernel writes them. Whatever the bytes are, decoding
 * answers; and what it answers can be encoded and decoded again to the same.
 */
class RawAddressFuzzTest {
  @FuzzTest(maxDuration = "1m")
  void shouldDecodeAnythingAndAgreeWithItself(FuzzedDataProvider data) {
    byte[] raw = data.consumeBytes(RawAddress.CAPACITY_BYTES);
    try (Arena arena = Arena.ofConfined()) {
      long address = arena.allocate(2L * RawAddress.CAPACITY_BYTES, 8).address();
      Memory.copy(raw, 0, address, raw.length);
      SocketAddress decoded = RawAddress.decode(address, raw.length);
      if (decoded == null) {
        return;
      }
      int family = RawAddress.family(address);
      int length = RawAddress.encode(decoded, family, address);
      if (length > 0) {
        assertThat(RawAddress.decode(address, length)).isEqualTo(decoded);
      }
    }
  }
}
