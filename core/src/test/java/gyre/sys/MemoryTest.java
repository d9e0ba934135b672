package gyre.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The same with addresses of the kernel, and in JVMs that deny them. */
@Tag("denied-native-access")
class MemoryTest {
  private final Arena arena = Arena.ofAuto();
  private final MemorySegment memory = arena.allocate(64, 8);
  private final long address = Memory.attach(memory);

  @Test
  void shouldHaveAddressesOfTheKernelWhereNativeAccessIsAllowed() {
    boolean isDenied = System.getProperty("gyre.test.native", "allowed").equals("denied");
    assertThat(Memory.isAbsolute()).isEqualTo(!isDenied);
    assertThat(address == memory.address()).isEqualTo(!isDenied);
  }

  @Test
  void shouldReadWhatItHasWritten() {
    Memory.putByte(address + 1, (byte) -2);
    Memory.putShort(address + 3, (short) -3000);
    Memory.putInt(address + 5, 1_000_000_007);
    Memory.putLong(address + 9, Long.MIN_VALUE + 11);
    assertThat(Memory.getByte(address + 1)).isEqualTo((byte) -2);
    assertThat(Memory.getShort(address + 3)).isEqualTo((short) -3000);
    assertThat(Memory.getInt(address + 5)).isEqualTo(1_000_000_007);
    assertThat(Memory.getLong(address + 9)).isEqualTo(Long.MIN_VALUE + 11);
    assertThat(memory.get(ValueLayout.JAVA_INT_UNALIGNED, 5)).isEqualTo(1_000_000_007);
  }

  @Test
  void shouldCopyBetweenMemoryAndArrays() {
    byte[] text = "Turning and turning".getBytes(StandardCharsets.US_ASCII);
    long other = Memory.attach(arena.allocate(64));
    Memory.copy(text, 8, address + 2, 11);
    Memory.copy(address + 2, other + 5, 11);
    Memory.copy(address + 3, address + 2, 10); // onto itself
    byte[] found = new byte[20];
    Memory.copy(other + 5, found, 1, 11);
    assertThat(new String(found, 1, 11, StandardCharsets.US_ASCII)).isEqualTo("and turning");
    assertThat(memory.getString(2, StandardCharsets.US_ASCII)).startsWith("nd turningg");
  }

  @Test
  void shouldWriteTextAndFill() {
    Memory.fill(address, 64, (byte) 'x');
    Memory.putString(address + 4, "Grüße");
    assertThat(memory.getString(0)).isEqualTo("xxxxGrüße");
    assertThat(memory.get(ValueLayout.JAVA_BYTE, 12)).isEqualTo((byte) 'x');
  }

  @Test
  void shouldShowAPartOfMemory() {
    MemorySegment part = Memory.segment(address + 16, 8);
    part.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, 17);
    assertThat(part.byteSize()).isEqualTo(8);
    assertThat(Memory.getLong(address + 16)).isEqualTo(17);
  }

  @Test
  void shouldRefuseAWrongAddressWhereItCan() {
    assumeFalse(Memory.isAbsolute(), "a wrong address would break the process");
    assertThatThrownBy(() -> Memory.getLong(address + 57))
        .isInstanceOf(IndexOutOfBoundsException.class);
    Memory.detach(address);
    assertThatThrownBy(() -> Memory.getLong(address)).isInstanceOf(IllegalStateException.class);
  }
}
