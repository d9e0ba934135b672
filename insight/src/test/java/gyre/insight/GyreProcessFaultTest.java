package gyre.insight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.probe.SlotLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files that are not what they should be: a reader must say so, and must not hang or crash. */
@Timeout(60)
class GyreProcessFaultTest {
  private static final long PID = ProcessHandle.current().pid();

  @TempDir private Path directory = Path.of("");

  @BeforeEach
  void makeItOurs() throws IOException {
    allow("rwx------");
  }

  private void allow(String rights) throws IOException {
    Path ignored =
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(rights));
  }

  private ByteBuffer header(long slots) {
    ByteBuffer header =
        ByteBuffer.allocate(SlotLayout.FILE_HEADER_BYTES + SlotLayout.BYTES)
            .order(ByteOrder.nativeOrder());
    header.putLong(SlotLayout.FILE_MAGIC, SlotLayout.MAGIC);
    header.putLong(SlotLayout.FILE_VERSION, SlotLayout.VERSION);
    header.putLong(SlotLayout.FILE_SLOT_BYTES, SlotLayout.BYTES);
    header.putLong(SlotLayout.FILE_PID, PID);
    header.putLong(SlotLayout.FILE_SLOTS, slots);
    return header;
  }

  private Path write(ByteBuffer content) throws IOException {
    byte[] bytes = new byte[content.capacity()];
    content.get(0, bytes);
    return Files.write(directory.resolve(Long.toString(PID)), bytes);
  }

  @Test
  void shouldReadNothingWhereOthersCouldHaveWritten() throws IOException {
    Path ignored = write(header(0));
    assertThat(GyreProcess.all(directory)).containsExactly(PID);
    allow("rwxr-xr-x");
    assertThatThrownBy(() -> GyreProcess.all(directory))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("chmod 700");
    assertThatThrownBy(() -> GyreProcess.open(directory, PID)).isInstanceOf(IOException.class);
  }

  @Test
  void shouldNotBelieveANumberOfSlots() throws IOException {
    Path ignored = write(header(1L << 62));
    try (GyreProcess process = GyreProcess.open(directory, PID)) {
      assertThat(process.read().loops()).isEmpty();
    }
  }

  /** Whoever cuts it makes the pages go that are mapped. */
  @Test
  void shouldSayThatAFileWasCut() throws IOException {
    Path file = write(header(1));
    try (GyreProcess process = GyreProcess.open(directory, PID)) {
      Path ignored = Files.write(file, new byte[0]);
      assertThatThrownBy(process::read)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("was cut");
    }
  }

  @Test
  void shouldNotWaitForTheOtherEndOfAPipe() throws Exception {
    Path pipe = directory.resolve(Long.toString(PID));
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertThatThrownBy(() -> GyreProcess.open(directory, PID))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is no file");
  }

  @Test
  void shouldShowNoControlCharacters() throws IOException {
    ByteBuffer content = header(1);
    int slot = SlotLayout.FILE_HEADER_BYTES;
    content.putLong(slot + SlotLayout.LOOP, 7);
    content.put(slot + SlotLayout.NAME, (byte) 3);
    content.put(slot + SlotLayout.NAME + 1, new byte[] {'a', 27, 'b'});
    Path ignored = write(content);
    try (GyreProcess process = GyreProcess.open(directory, PID)) {
      assertThat(process.read().loops())
          .singleElement()
          .extracting(LoopSnapshot::name)
          .isEqualTo("a\ufffdb");
    }
    assertThat(TreeLine.of("{\"name\":\"a\\u001bb\"}").name()).isEqualTo("a\ufffdb");
  }
}
