package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import gyre.CancelledException;
import gyre.ClosedException;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import gyre.Task;
import gyre.engine.Errno;
import gyre.io.ByteQueue;
import gyre.io.EndOfStreamException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

// Over 500 lines: many small tests of one type.
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FileTest {
  private static final OpenOptions NEW = OpenOptions.readingAndWriting().createNew(true);

  @Parameter private String engine = "";
  @TempDir private Path directory = Path.of("");

  private void run(Task body) {
    Loops.run(engine, body);
  }

  private boolean isNio() {
    return engine.equals("nio");
  }

  private static byte[] pattern(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 31 + (i >> 8));
    }
    return bytes;
  }

  private static ByteBuffer direct(byte[] bytes) {
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] all = new byte[buffer.remaining()];
    buffer.get(all);
    return all;
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void shouldReadWhatWasWrittenWithEveryKindOfMemory() {
    byte[] content = pattern(100_000);
    run(() -> {
      try (File file = File.open(directory.resolve("a"), NEW)) {
        file.write(direct(content), 0);
        file.write(ByteBuffer.wrap(content), 100_000);
        try (ByteQueue queue = ByteQueue.create()) {
          queue.append(content);
          file.write(queue, 200_000);
          assertThat(queue.isEmpty()).isTrue();
        }
        assertThat(file.sizeBytes()).isEqualTo(300_000);
        ByteBuffer heap = ByteBuffer.allocate(100_000);
        file.readFully(heap, 0);
        assertThat(heap.array()).isEqualTo(content);
        ByteBuffer target = ByteBuffer.allocateDirect(100_000);
        file.readFully(target, 100_000);
        assertThat(bytes(target.flip())).isEqualTo(content);
        try (ByteQueue queue = ByteQueue.create()) {
          while (file.read(queue, 200_000 + queue.size(), 30_000) > 0) {
            assertThat(queue.size()).isLessThanOrEqualTo(100_000);
          }
          assertThat(queue.take(100_000)).isEqualTo(content);
          assertThat(queue.isEmpty()).isTrue();
        }
        assertThat(file.read(ByteBuffer.allocate(10), 300_000)).isEqualTo(-1);
        assertThat(file.read(ByteBuffer.allocateDirect(10), 300_000)).isEqualTo(-1);
      }
    });
  }

  @Test
  void shouldReadAndWriteSeveralBuffersAtATime() {
    byte[] content = pattern(30_000);
    run(() -> {
      try (File file = File.open(directory.resolve("a"), NEW)) {
        ByteBuffer whole = direct(content);
        file.write(
            new ByteBuffer[] {
              whole.slice(0, 10), ByteBuffer.allocateDirect(0), whole.slice(10, 29_990)
            },
            5);
        ByteBuffer[] targets = {
          ByteBuffer.allocateDirect(20_000), ByteBuffer.allocateDirect(20_000)
        };
        assertThat(file.read(targets, 5)).isEqualTo(30_000);
        assertThat(targets[0].position()).isEqualTo(20_000);
        assertThat(targets[1].position()).isEqualTo(10_000);
        ByteBuffer joined = ByteBuffer.allocate(30_000);
        joined.put(targets[0].flip()).put(targets[1].flip());
        assertThat(joined.array()).isEqualTo(content);
        ByteBuffer[] heap = {ByteBuffer.wrap(content, 0, 7), ByteBuffer.wrap(content, 7, 100)};
        file.write(heap, 50_000);
        ByteBuffer again = ByteBuffer.allocate(107);
        file.readFully(again, 50_000);
        assertThat(again.array()).isEqualTo(Arrays.copyOf(content, 107));
      }
    });
  }

  @Test
  void shouldOpenInEveryMode() {
    Path path = directory.resolve("a");
    run(() -> {
      assertThatThrownBy(() -> File.open(path))
          .isInstanceOfSatisfying(FileException.class, e -> assertThat(e.isMissing()).isTrue());
      try (File file = File.open(path, OpenOptions.writing().createNew(true).permissions(0600))) {
        file.write(text("first"), 0);
        assertThat(file.info().permissions()).isEqualTo(0600);
        assertThatThrownBy(() -> file.append(text("x"))).isInstanceOf(IllegalStateException.class);
      }
      assertThatThrownBy(() -> File.open(path, NEW))
          .isInstanceOfSatisfying(FileException.class, e -> assertThat(e.isExisting()).isTrue());
      try (File log = File.open(path, OpenOptions.appending())) {
        log.append(text(" second"));
        log.append(text(" third"));
        assertThatThrownBy(() -> log.write(text("x"), 0)).isInstanceOf(IllegalStateException.class);
      }
      assertThat(Files.readText(path, 100)).isEqualTo("first second third");
      File.open(path, OpenOptions.writing().truncate(true)).close();
      assertThat(Files.info(path).sizeBytes()).isZero();
      Files.createSymbolicLink(directory.resolve("link"), path);
      assertThatThrownBy(
              () -> File.open(directory.resolve("link"), OpenOptions.reading().noFollow(true)))
          .hasMessageContaining("ELOOP");
    });
  }

  @Test
  void shouldRefuseToReadWhatIsOpenedToBeWritten() {
    run(() -> {
      try (File file = File.open(directory.resolve("a"), OpenOptions.writing().create(true))) {
        assertThatThrownBy(() -> file.read(ByteBuffer.allocate(1), 0))
            .isInstanceOf(FileException.class)
            .hasMessageContaining("read from " + directory.resolve("a"))
            .hasMessageContaining("EBADF");
      }
    });
  }

  @Test
  void shouldChangeItsSize() {
    run(() -> {
      try (File file = File.open(directory.resolve("a"), NEW)) {
        file.write(text("0123456789"), 0);
        file.truncate(4);
        assertThat(file.sizeBytes()).isEqualTo(4);
        file.truncate(6);
        ByteBuffer all = ByteBuffer.allocate(6);
        file.readFully(all, 0);
        assertThat(all.array()).isEqualTo(new byte[] {'0', '1', '2', '3', 0, 0});
        file.sync();
        file.syncData();
      }
    });
  }

  @Test
  void shouldKeepRoom() {
    run(() -> {
      try (File file = File.open(directory.resolve("a"), NEW)) {
        if (isNio()) {
          assertThatThrownBy(() -> file.preallocate(0, 1000))
              .hasMessageContaining("EOPNOTSUPP")
              .hasMessageContaining("io_uring or epoll");
        } else {
          file.preallocate(0, 1 << 20);
          assertThat(file.info().allocatedBytes()).isGreaterThanOrEqualTo(1 << 20);
        }
      }
    });
  }

  @Test
  void shouldHaveAFileWithoutAName() {
    assumeFalse(isNio());
    Path path = directory.resolve("named");
    run(() -> {
      try (File file = File.temporary(directory)) {
        file.write(text("content"), 0);
        try (DirectoryListing names = Files.list(directory)) {
          assertThat(names.next()).isNull();
        }
        file.linkAs(path);
      }
      assertThat(Files.readText(path, 100)).isEqualTo("content");
    });
  }

  @Test
  void shouldReadAndWriteWithoutThePageCache() {
    assumeFalse(isNio());
    run(() -> {
      try (File file = File.open(directory.resolve("a"), NEW.direct(true))) {
        ByteBuffer block = File.alignedBuffer(File.DIRECT_ALIGNMENT_BYTES);
        block.put(pattern(File.DIRECT_ALIGNMENT_BYTES)).flip();
        file.write(block, 0);
        ByteBuffer again = File.alignedBuffer(File.DIRECT_ALIGNMENT_BYTES);
        file.readFully(again, 0);
        assertThat(bytes(again.flip())).isEqualTo(pattern(File.DIRECT_ALIGNMENT_BYTES));
        assertThatThrownBy(() -> file.read(ByteBuffer.allocateDirect(100), 1))
            .hasMessageContaining("EINVAL")
            .hasMessageContaining("alignedBuffer");
      }
    });
  }

  @Test
  void shouldServeManyFibersAtATime() {
    byte[] content = pattern(200_000);
    run(() -> {
      try (File file = File.open(directory.resolve("a"), NEW);
          Scope scope = Scope.open("readers")) {
        file.write(ByteBuffer.wrap(content), 0);
        List<byte[]> parts = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
          int offset = i * 4000;
          parts.add(new byte[4000]);
          byte[] part = parts.get(i);
          scope.start(
              "reader-" + i,
              () -> {
                for (int round = 0; round < 20; round++) {
                  file.readFully(ByteBuffer.wrap(part), offset);
                }
              });
        }
        scope.join();
        for (int i = 0; i < 50; i++) {
          assertThat(parts.get(i))
              .isEqualTo(Arrays.copyOfRange(content, i * 4000, i * 4000 + 4000));
        }
      }
    });
  }

  @Test
  void shouldTellWhereAFileEndsTooEarly() {
    run(() -> {
      try (File file = File.open(directory.resolve("a"), NEW)) {
        file.write(text("short"), 0);
        ByteBuffer target = ByteBuffer.allocate(10);
        assertThatThrownBy(() -> file.readFully(target, 0))
            .isInstanceOf(EndOfStreamException.class)
            .hasMessageContaining("ended at 5, 5 bytes before");
        assertThat(target.position()).isEqualTo(5);
      }
    });
  }

  @Test
  void shouldGiveBackTheBufferBeforeACancelledCallThrows() {
    byte[] content = pattern(1 << 20);
    run(() -> {
      try (File file = File.open(directory.resolve("a"), NEW)) {
        file.write(ByteBuffer.wrap(content), 0);
        ByteBuffer target = ByteBuffer.allocateDirect(1 << 20);
        for (int round = 0; round < 30; round++) {
          Scope scope = Scope.open("round");
          Fiber<?> reader =
              scope.start(
                  "reader",
                  () -> {
                    int ignored = file.read(target.clear(), 0);
                  });
          if (round % 3 > 0) {
            Fiber.yield();
          }
          scope.cancel("enough");
          try {
            scope.close();
          } catch (CancelledException expected) {
            assertThat(expected).isNotNull();
          }
          assertThat(reader.isAlive()).isFalse();
          assertThat(file.pendingOperations()).isZero();
        }
      }
    });
  }

  @Test
  void shouldEndWhatOthersDoWhenItIsClosed() {
    run(() -> {
      File file = File.open(directory.resolve("a"), NEW);
      file.write(ByteBuffer.wrap(pattern(100_000)), 0);
      try (Scope scope = Scope.open("readers")) {
        for (int i = 0; i < 10; i++) {
          scope.start(
              "reader-" + i,
              () -> {
                try {
                  while (true) {
                    int ignored = file.read(ByteBuffer.allocate(5000), 0);
                  }
                } catch (ClosedException expected) {
                  assertThat(expected).hasMessageContaining("file-");
                }
              });
        }
        Fiber.yield();
        file.close();
        assertThat(file.pendingOperations()).isZero();
        scope.join();
      }
      assertThatThrownBy(() -> file.read(ByteBuffer.allocate(1), 0))
          .isInstanceOf(ClosedException.class);
    });
  }

  /** Its number may be that of another file by the time that a thread comes to copy. */
  @Test
  void shouldNeverBeTakenForAnotherFileThatIsCopiedFrom() {
    run(() -> {
      Path path = directory.resolve("from");
      Path copied = directory.resolve("copied");
      Files.write(path, "what is to be copied");
      Files.write(directory.resolve("other"), "something secret");
      File from = File.open(path);
      CountDownLatch mayEnd = new CountDownLatch(1);
      try (Scope scope = Scope.open("users");
          File to = File.open(copied, OpenOptions.writing().create(true))) {
        for (int i = 0; i < 4; i++) { // as many as there are helper threads
          scope.start(
              "busy",
              () ->
                  Names.call(
                      "wait for",
                      Names.Place.of(directory),
                      calls -> {
                        try {
                          mayEnd.await();
                        } catch (InterruptedException e) {
                          return Errno.EINTR.negated();
                        }
                        return 0;
                      }));
        }
        Fiber.yield();
        scope.start(
            "copying",
            () -> {
              try {
                assertThat(FileCopy.copy(from, to)).isPositive();
              } catch (ClosedException told) {
                assertThat(told).hasMessageContaining("closed");
              }
            });
        Fiber.yield();
        scope.start("closing", from::close);
        for (int i = 0; i < 5; i++) {
          Fiber.yield();
        }
        scope.start(
            "opening",
            () -> {
              File other = File.open(directory.resolve("other"));
              assertThat(other.isOpen()).isTrue(); // and goes with its scope
            });
        for (int i = 0; i < 5; i++) {
          Fiber.yield();
        }
        mayEnd.countDown();
        scope.join();
      }
      assertThat(Files.readText(copied, 100)).isIn("", "what is to be copied");
    });
  }

  @Test
  void shouldBeClosedWithItsScope() {
    run(() -> {
      File[] opened = {null};
      try (Scope scope = Scope.open("inner")) {
        scope.start(
            "opener",
            () -> {
              opened[0] = File.open(directory.resolve("a"), NEW);
            });
        scope.join();
      }
      assertThat(opened[0].isOpen()).isFalse();
    });
  }

  @Test
  void shouldNotBeginWhatIsCancelledAlready() {
    run(() -> {
      try (File file = File.open(directory.resolve("a"), NEW)) {
        boolean[] isRefused = {false};
        Scope scope = Scope.open("cancelled");
        scope.start(
            "writer",
            () -> {
              scope.cancel("before");
              try {
                file.write(text("x"), 0);
              } catch (CancelledException expected) {
                isRefused[0] = true;
                throw expected;
              }
            });
        try {
          scope.join();
        } catch (CancelledException expected) {
          assertThat(expected).isNotNull();
        }
        scope.close();
        assertThat(isRefused[0]).isTrue();
        assertThat(file.sizeBytes()).isZero();
      }
    });
  }

  @Test
  void shouldUnlockInAFiberThatIsCancelled() {
    Path path = directory.resolve("a");
    run(() -> {
      try (File one = File.open(path, NEW);
          File other = File.open(path, OpenOptions.readingAndWriting())) {
        try (Scope scope = Scope.open("holder")) {
          scope.start(
              "holder",
              () -> {
                try (FileLock lock = one.lock()) {
                  scope.cancel("while " + lock.isHeld());
                  Fiber.yield();
                }
              });
          scope.join();
        } catch (CancelledException cancelled) {
          assertThat(cancelled).hasMessageContaining("while true");
        }
        FileLock free = other.tryLock();
        assertThat(free).isNotNull();
      }
    });
  }

  @Test
  void shouldLockAgainstOtherOpenFiles() {
    Path path = directory.resolve("a");
    run(() -> {
      try (File one = File.open(path, NEW);
          File other = File.open(path, OpenOptions.readingAndWriting())) {
        FileLock lock = one.lock();
        assertThat(other.tryLock()).isNull();
        assertThat(other.tryLockShared()).isNull();
        try (Scope scope = Scope.open("waiter")) {
          boolean[] got = {false};
          scope.start(
              "waiter",
              () -> {
                try (FileLock second = other.lock()) {
                  got[0] = second.isHeld();
                }
              });
          Fiber.yield();
          assertThat(got[0]).isFalse();
          lock.close();
          scope.join();
          assertThat(got[0]).isTrue();
        }
        if (!isNio()) {
          FileLock shared = one.lockShared();
          FileLock second = other.tryLockShared();
          assertThat(second).isNotNull();
          shared.close();
        }
      }
    });
  }

  @Test
  void shouldReportADiskThatIsFull() {
    assumeFalse(isNio());
    run(() -> {
      try (File full = File.open(Path.of("/dev/full"), OpenOptions.writing())) {
        assertThatThrownBy(() -> full.write(text("x"), 0))
            .isInstanceOfSatisfying(
                FileException.class,
                e -> {
                  assertThat(e.errno()).isEqualTo(Errno.ENOSPC.number());
                  assertThat(e.operation()).isEqualTo("write to");
                  assertThat(e.subject()).isEqualTo("/dev/full");
                  assertThat(e).hasMessageContaining("make room");
                });
      }
    });
  }
}
