package gyre.sys;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The calls on terminals, against the pseudo-terminals of the kernel. */
@EnabledOnOs(OS.LINUX)
class LinuxTerminalsTest {
  private static final int ENOTTY = -25;
  private static final int EAGAIN = -11;

  private final Arena arena = Arena.ofAuto();
  private final CallState state = new CallState(arena);
  private final MemorySegment buffer = arena.allocate(4096, 8);
  private int master = -1;
  private int slave = -1;

  @BeforeEach
  void open() {
    master = LinuxTerminals.openMaster(state, LinuxFiles.O_NONBLOCK);
    assertThat(master).isNotNegative();
    slave = LinuxTerminals.openSlave(state, master, LinuxFiles.O_NONBLOCK);
    assertThat(slave).isNotNegative();
  }

  @AfterEach
  void close() {
    LinuxFiles.discard(slave);
    LinuxFiles.discard(master);
  }

  @Test
  void shouldTellTheSizeThatWasSet() {
    assertThat(LinuxTerminals.setSize(state, master, 132, 43)).isZero();
    assertThat(LinuxTerminals.size(state, slave, buffer.address())).isZero();
    assertThat(LinuxTerminals.columns(buffer.address())).isEqualTo(132);
    assertThat(LinuxTerminals.rows(buffer.address())).isEqualTo(43);
  }

  @Test
  void shouldHaveSlavesWithNumbers() {
    assertThat(LinuxTerminals.slaveNumber(state, master)).isNotNegative();
    assertThat(LinuxTerminals.slaveNumber(state, slave)).isEqualTo(ENOTTY);
  }

  @Test
  void shouldRestoreSettingsBitForBit() {
    byte[] before = settings();
    byte[] raw = before.clone();
    MemorySegment.copy(raw, 0, buffer, ValueLayout.JAVA_BYTE, 0, raw.length);
    LinuxTerminals.makeRaw(buffer.address());
    assertThat(LinuxTerminals.setSettings(state, slave, buffer.address())).isZero();
    assertThat(settings()).isNotEqualTo(before);
    MemorySegment.copy(before, 0, buffer, ValueLayout.JAVA_BYTE, 0, before.length);
    assertThat(LinuxTerminals.setSettings(state, slave, buffer.address())).isZero();
    assertThat(settings()).isEqualTo(before);
  }

  @Test
  void shouldPassBytesOnAsTheyAreWhileRaw() {
    makeRaw();
    assertThat(write(master, "\3\r")).isEqualTo(2);
    assertThat(read(slave)).isEqualTo("\3\r");
    assertThat(write(slave, "a\n")).isEqualTo(2);
    assertThat(read(master)).isEqualTo("a\n");
  }

  @Test
  void shouldWaitForALineWhileNotRaw() {
    assertThat(write(master, "a")).isEqualTo(1);
    assertThat(LinuxFiles.read(state, slave, buffer.address(), 10)).isEqualTo(EAGAIN);
    assertThat(write(master, "\r")).isEqualTo(1);
    assertThat(read(slave)).isEqualTo("a\n");
  }

  @Test
  void shouldTellWhatIsNoTerminal() {
    int event = LinuxFiles.eventfd(state, 0);
    assertThat(LinuxTerminals.settings(state, event, buffer.address())).isEqualTo(ENOTTY);
    LinuxFiles.discard(event);
  }

  private void makeRaw() {
    assertThat(LinuxTerminals.settings(state, slave, buffer.address())).isZero();
    LinuxTerminals.makeRaw(buffer.address());
    assertThat(LinuxTerminals.setSettings(state, slave, buffer.address())).isZero();
  }

  private byte[] settings() {
    assertThat(LinuxTerminals.settings(state, slave, buffer.address())).isZero();
    return buffer.asSlice(0, LinuxTerminals.SETTINGS_BYTES).toArray(ValueLayout.JAVA_BYTE);
  }

  private int write(int fd, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return LinuxFiles.write(state, fd, buffer.address(), bytes.length);
  }

  private String read(int fd) {
    int read = LinuxFiles.read(state, fd, buffer.address(), 100);
    assertThat(read).isPositive();
    return new String(
        buffer.asSlice(0, read).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }
}
