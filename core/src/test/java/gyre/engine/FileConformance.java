package gyre.engine;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Operations on files: open, read, write, sync, close and stat. */
public abstract class FileConformance extends FairnessConformance {
  private static final int BYTES = 100_000;
  private static final int CREATE = FileFlags.O_RDWR | FileFlags.O_CREAT | FileFlags.O_EXCL;

  @TempDir private Path temporary = Path.of("");

  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory = arena.allocate(2L * BYTES, 8);
  private final long out = Memory.attach(memory);
  private final long in = out + BYTES;
  private String directory = "";

  /** A new directory that exists on what the engine has for a disk. */
  protected String makeDirectory() throws Exception {
    return temporary.toString();
  }

  @BeforeEach
  void prepare() throws Exception {
    directory = makeDirectory();
    for (int i = 0; i < BYTES; i++) {
      Memory.putByte(out + i, (byte) (i * 31 + i / 256));
    }
  }

  @AfterEach
  void giveBack() {
    Memory.detach(out);
    arena.close();
  }

  final byte[] path(String name) {
    return (directory + "/" + name).getBytes(StandardCharsets.UTF_8);
  }

  final class Opening extends OpenFile {
    int result = NOT_YET;

    @Override
    public void ended(int outcome) {
      checkCallback(this, true);
      result = outcome;
    }
  }

  final class Reading extends ReadFile {
    int result = NOT_YET;

    @Override
    public void ended(int outcome) {
      checkCallback(this, true);
      result = outcome;
    }
  }

  final class Writing extends WriteFile {
    int result = NOT_YET;

    @Override
    public void ended(int outcome) {
      checkCallback(this, true);
      result = outcome;
    }
  }

  final class Syncing extends SyncFile {
    int result = NOT_YET;

    @Override
    public void ended(int outcome) {
      checkCallback(this, true);
      result = outcome;
    }
  }

  final class Closing extends CloseFile {
    int result = NOT_YET;

    @Override
    public void ended(int outcome) {
      checkCallback(this, true);
      result = outcome;
    }
  }

  final class Asking extends StatFile {
    int result = NOT_YET;

    @Override
    public void ended(int outcome) {
      checkCallback(this, true);
      result = outcome;
    }
  }

  final int open(byte[] path, int flags) {
    Opening opening = new Opening();
    opening.path = path;
    opening.flags = flags;
    opening.mode = 0640;
    engine.submit(opening);
    turnUntil("opened", () -> opening.result != NOT_YET);
    return opening.result;
  }

  final int openNew(String name) {
    int descriptor = open(path(name), CREATE);
    assertThat(descriptor).as(() -> Errno.describe(descriptor)).isNotNegative();
    return descriptor;
  }

  private int write(int descriptor, long address, int length, long offset) {
    Writing writing = new Writing();
    writing.descriptor = descriptor;
    writing.address = address;
    writing.length = length;
    writing.offset = offset;
    engine.submit(writing);
    turnUntil("written", () -> writing.result != NOT_YET);
    return writing.result;
  }

  private int read(int descriptor, long address, int length, long offset) {
    Reading reading = new Reading();
    reading.descriptor = descriptor;
    reading.address = address;
    reading.length = length;
    reading.offset = offset;
    engine.submit(reading);
    turnUntil("read", () -> reading.result != NOT_YET);
    return reading.result;
  }

  final int closeFile(int descriptor) {
    Closing closing = new Closing();
    closing.descriptor = descriptor;
    engine.submit(closing);
    turnUntil("closed", () -> closing.result != NOT_YET);
    return closing.result;
  }

  final Asking ask(int start, byte[] path) {
    Asking asking = new Asking();
    asking.directory = start;
    asking.path = path;
    engine.submit(asking);
    turnUntil("asked", () -> asking.result != NOT_YET);
    return asking;
  }

  private boolean isSame(int from, int length) {
    for (int i = 0; i < length; i++) {
      if (Memory.getByte(in + i) != Memory.getByte(out + from + i)) {
        return false;
      }
    }
    return true;
  }

  @Test
  void shouldReadWhatWasWritten() {
    int file = openNew("file");
    assertThat(write(file, out, BYTES, 0)).isEqualTo(BYTES);
    assertThat(read(file, in, 1000, 50_000)).isEqualTo(1000);
    assertThat(isSame(50_000, 1000)).isTrue();
    assertThat(read(file, in, BYTES, BYTES - 10)).isEqualTo(10);
    assertThat(read(file, in, 10, BYTES)).isZero();
    assertThat(closeFile(file)).isZero();
  }

  /** Where a kernel has vectors, and where they are made of single pieces. */
  @Test
  void shouldReadAndWriteVectors() {
    int file = openNew("file");
    long pieces = in + BYTES - 1024;
    Vector vector = new Vector(pieces);
    vector.add(out, 100);
    vector.add(out + 100, 20_000);
    vector.add(out + 20_100, 1);
    Writing writing = new Writing();
    writing.descriptor = file;
    writing.address = pieces;
    writing.length = 3;
    writing.isVector = true;
    writing.offset = 10;
    engine.submit(writing);
    turnUntil("written", () -> writing.result != NOT_YET);
    assertThat(writing.result).isEqualTo(20_101);
    vector.clear();
    vector.add(in, 5_000);
    vector.add(in + 5_000, 50_000);
    Reading reading = new Reading();
    reading.descriptor = file;
    reading.address = pieces;
    reading.length = 2;
    reading.isVector = true;
    reading.offset = 11;
    engine.submit(reading);
    turnUntil("read", () -> reading.result != NOT_YET);
    assertThat(reading.result).as("up to the end").isEqualTo(20_100);
    assertThat(isSame(1, 20_100)).isTrue();
    assertThat(closeFile(file)).isZero();
  }

  @Test
  void shouldGoOnWhereTheLastOneEnded() {
    int file = openNew("file");
    assertThat(write(file, out, 10, FileCalls.AT_POSITION)).isEqualTo(10);
    assertThat(write(file, out + 10, 20, FileCalls.AT_POSITION)).isEqualTo(20);
    assertThat(closeFile(file)).isZero();
    int again = open(path("file"), FileFlags.O_RDONLY);
    assertThat(read(again, in, 5, FileCalls.AT_POSITION)).isEqualTo(5);
    assertThat(read(again, in + 5, 100, FileCalls.AT_POSITION)).isEqualTo(25);
    assertThat(isSame(0, 30)).isTrue();
    assertThat(read(again, in, 100, FileCalls.AT_POSITION)).isZero();
    assertThat(closeFile(again)).isZero();
  }

  @Test
  void shouldAppend() {
    int file = openNew("file");
    assertThat(write(file, out, 100, 0)).isEqualTo(100);
    assertThat(closeFile(file)).isZero();
    int log = open(path("file"), FileFlags.O_WRONLY | FileFlags.O_APPEND);
    assertThat(write(log, out + 100, 50, FileCalls.AT_POSITION)).isEqualTo(50);
    assertThat(closeFile(log)).isZero();
    int again = open(path("file"), FileFlags.O_RDONLY);
    assertThat(read(again, in, 1000, 0)).isEqualTo(150);
    assertThat(isSame(0, 150)).isTrue();
    assertThat(closeFile(again)).isZero();
  }

  @Test
  void shouldTellWhatAFileIs() {
    int file = openNew("file");
    assertThat(write(file, out, 1234, 0)).isEqualTo(1234);
    Asking byName = ask(FileCalls.WORKING_DIRECTORY, path("file"));
    assertThat(byName.result).isZero();
    assertThat(byName.status.type()).isEqualTo(FileStatus.REGULAR);
    assertThat(byName.status.sizeBytes).isEqualTo(1234);
    assertThat(byName.status.permissions() & ~0640).isZero();
    assertThat(byName.status.modifiedNanos).isPositive();
    Asking byDescriptor = ask(file, new byte[0]);
    assertThat(byDescriptor.result).isZero();
    assertThat(byDescriptor.status.inode).isEqualTo(byName.status.inode);
    Asking ofDirectory =
        ask(FileCalls.WORKING_DIRECTORY, directory.getBytes(StandardCharsets.UTF_8));
    assertThat(ofDirectory.status.type()).isEqualTo(FileStatus.DIRECTORY);
    assertThat(closeFile(file)).isZero();
  }

  @Test
  void shouldSync() {
    int file = openNew("file");
    assertThat(write(file, out, 10, 0)).isEqualTo(10);
    for (boolean dataOnly : new boolean[] {false, true}) {
      Syncing syncing = new Syncing();
      syncing.descriptor = file;
      syncing.dataOnly = dataOnly;
      engine.submit(syncing);
      turnUntil("synced", () -> syncing.result != NOT_YET);
      assertThat(syncing.result).isZero();
    }
    assertThat(closeFile(file)).isZero();
  }

  @Test
  void shouldSayWhatIsWrong() {
    assertThat(open(path("missing"), FileFlags.O_RDONLY)).isEqualTo(Errno.ENOENT.negated());
    assertThat(ask(FileCalls.WORKING_DIRECTORY, path("missing")).result)
        .isEqualTo(Errno.ENOENT.negated());
    int file = openNew("file");
    assertThat(open(path("file"), CREATE)).isEqualTo(Errno.EEXIST.negated());
    assertThat(closeFile(file)).isZero();
    byte[] directoryPath = directory.getBytes(StandardCharsets.UTF_8);
    assertThat(open(directoryPath, FileFlags.O_RDWR)).isEqualTo(Errno.EISDIR.negated());
    int reader = open(path("file"), FileFlags.O_RDONLY);
    assertThat(write(reader, out, 10, 0)).isEqualTo(Errno.EBADF.negated());
    assertThat(closeFile(reader)).isZero();
  }

  @Test
  void shouldEndOperationsThatAreCancelled() {
    int file = openNew("file");
    List<Writing> all = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      Writing writing = new Writing();
      writing.descriptor = file;
      writing.address = out + i * 1000L;
      writing.length = 1000;
      writing.offset = i * 1000L;
      engine.submit(writing);
      all.add(writing);
    }
    all.forEach(engine::cancel);
    turnUntil("all ended", () -> all.stream().allMatch(each -> each.result != NOT_YET));
    for (Writing each : all) {
      assertThat(each.result).isIn(1000, Errno.ECANCELED.negated());
    }
    assertThat(engine.active()).isZero();
    assertThat(closeFile(file)).isZero();
  }

  @Test
  void shouldDoManyAtATime() {
    int file = openNew("file");
    List<Writing> all = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      Writing writing = new Writing();
      writing.descriptor = file;
      writing.address = out + i * 200L;
      writing.length = 200;
      writing.offset = i * 200L;
      engine.submit(writing);
      all.add(writing);
    }
    turnUntil("all written", () -> all.stream().allMatch(each -> each.result == 200));
    assertThat(read(file, in, BYTES, 0)).isEqualTo(BYTES);
    assertThat(isSame(0, BYTES)).isTrue();
    assertThat(closeFile(file)).isZero();
  }

  @Test
  void shouldReuseDescriptorsOfFilesForSockets() {
    needs(Capability.PAIR);
    for (int round = 0; round < 5; round++) {
      int file = openNew("file" + round);
      assertThat(write(file, out, 10, 0)).isEqualTo(10);
      assertThat(closeFile(file)).isZero();
      int[] two = new int[2];
      assertThat(sockets.pair(two)).isZero();
      Receiving receiving = new Receiving(two[1], new Pattern(round)).start();
      Sending sending = new Sending(two[0], new Pattern(round), 100).start();
      turnUntil("received", () -> receiving.count == 100 && sending.isIdle());
      engine.cancel(receiving);
      turnUntil("stopped", receiving::isIdle);
      sockets.close(two[0]);
      sockets.close(two[1]);
    }
  }

  private int[] pipe(int flags) {
    CallState state = new CallState();
    assertThat(LinuxFiles.pipe(state, in, flags)).isZero();
    return new int[] {Memory.getInt(in), Memory.getInt(in + 4)};
  }

  /** What others share must not be made non-blocking by us, and may have been by them. */
  @ParameterizedTest
  @ValueSource(ints = {0, FileFlags.O_NONBLOCK})
  void shouldWaitForWhatComesThroughAPipe(int flags) {
    needs(Capability.KERNEL_DESCRIPTORS);
    int[] ends = pipe(flags);
    Reading waiting = new Reading();
    waiting.descriptor = ends[0];
    waiting.address = in;
    waiting.length = BYTES;
    engine.submit(waiting);
    settle();
    assertThat(waiting.result).isEqualTo(NOT_YET);
    assertThat(write(ends[1], out, 1000, FileCalls.AT_POSITION)).isEqualTo(1000);
    turnUntil("read", () -> waiting.result == 1000);
    assertThat(isSame(0, 1000)).isTrue();
    engine.submit(waiting);
    settle();
    engine.cancel(waiting);
    turnUntil("cancelled", () -> waiting.result == Errno.ECANCELED.negated());
    assertThat(closeFile(ends[1])).isZero();
    assertThat(read(ends[0], in, 10, FileCalls.AT_POSITION)).isZero();
    assertThat(closeFile(ends[0])).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, FileFlags.O_NONBLOCK})
  void shouldWaitForRoomInAPipe(int flags) {
    needs(Capability.KERNEL_DESCRIPTORS);
    int[] ends = pipe(flags);
    Writing writing = new Writing();
    writing.descriptor = ends[1];
    int sent = 0;
    int received = 0;
    while (received < BYTES) {
      if (writing.isIdle() && sent < BYTES) {
        writing.address = out + sent;
        writing.length = BYTES - sent;
        writing.result = NOT_YET;
        engine.submit(writing);
      }
      settle();
      if (writing.isIdle() && writing.result != NOT_YET) {
        assertThat(writing.result).isPositive();
        sent += writing.result;
        writing.result = NOT_YET;
        if (sent < BYTES && sent - received < 40_000) {
          continue;
        }
      }
      int count = read(ends[0], in + received, 30_000, FileCalls.AT_POSITION);
      assertThat(count).isPositive();
      received += count;
    }
    assertThat(isSame(0, BYTES)).isTrue();
    turnUntil("all is written", writing::isIdle);
    assertThat(closeFile(ends[0])).isZero();
    assertThat(closeFile(ends[1])).isZero();
  }
}
