package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.CancelledException;
import gyre.ClosedException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import gyre.Task;
import gyre.io.ByteQueue;
import gyre.io.EndOfStreamException;
import gyre.io.LimitExceededException;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Files from front to end. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FileStreamTest {
  private static final OpenOptions NEW = OpenOptions.readingAndWriting().create(true);

  @Parameter private String engine = "";
  @TempDir private Path directory = Path.of("");

  private void run(Task body) {
    Loops.run(engine, body);
  }

  private static byte[] pattern(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 31 + (i >> 8));
    }
    return bytes;
  }

  private Path file(byte[] content) {
    Path path = directory.resolve("file");
    Files.write(path, content);
    return path;
  }

  /** The rule of every source: see ByteStreamConformance, which holds the others to it. */
  @Test
  void shouldTellOfAnEndWithinALineAndLeaveItsBeginning() {
    run(() -> {
      Path path = directory.resolve("lines");
      Files.write(path, "whole\npart");
      try (File file = File.open(path);
          FileSource source = file.source()) {
        assertThat(source.readLine(20)).isEqualTo("whole");
        for (int i = 0; i < 2; i++) {
          assertThatThrownBy(() -> source.readLine(20))
              .isInstanceOf(EndOfStreamException.class)
              .hasMessageContaining("ended after 4 bytes, before the end of a line");
        }
        assertThat(source.lines(20)).containsExactly("part");
        assertThat(source.readLine(20)).isNull();
      }
    });
  }

  private static List<String> lines(FileSource source, int limitBytes) {
    List<String> lines = new ArrayList<>();
    source.lines(limitBytes).forEach(lines::add);
    return lines;
  }

  @Test
  void shouldReadLines() {
    run(() -> {
      Path path = directory.resolve("lines");
      Files.write(path, "first\nsecond\r\n\nlast without an end");
      try (File file = File.open(path)) {
        try (FileSource source = file.source()) {
          assertThat(lines(source, 100))
              .containsExactly("first", "second", "", "last without an end");
        }
        try (FileSource source = file.source(6)) {
          assertThat(source.readLine(100)).isEqualTo("second");
          assertThat(source.offset()).isEqualTo(14);
        }
        try (FileSource source = file.source()) {
          assertThatThrownBy(() -> lines(source, 10)).isInstanceOf(LimitExceededException.class);
          assertThat(source.input().size()).as("nothing of it is consumed").isEqualTo(19);
        }
      }
    });
  }

  @Test
  void shouldReadManyLinesAcrossAllBoundaries() {
    run(() -> {
      Path path = directory.resolve("lines");
      List<String> written = new ArrayList<>();
      try (File file = File.open(path, NEW);
          FileSink sink = file.sink(0)) {
        for (int i = 0; i < 20_000; i++) {
          String line = "line " + i + " " + "x".repeat(i % 37);
          written.add(line);
          sink.write(line);
          sink.write("\n");
        }
      }
      try (File file = File.open(path);
          FileSource source = file.source()) {
        assertThat(lines(source, 1000)).isEqualTo(written);
      }
    });
  }

  @Test
  void shouldRefuseToReadMoreThanTheLimit() {
    run(() -> {
      Path path = file(pattern(100_000));
      assertThat(Files.readAll(path, 100_000)).isEqualTo(pattern(100_000));
      assertThatThrownBy(() -> Files.readAll(path, 99_999))
          .isInstanceOf(LimitExceededException.class)
          .hasMessageContaining("is longer than 99999 bytes");
    });
  }

  @Test
  void shouldGoOnWhereAFileHasGrown() {
    run(() -> {
      Path path = directory.resolve("log");
      try (File log = File.open(path, OpenOptions.appending().create(true));
          File file = File.open(path);
          FileSource source = file.source()) {
        for (int i = 0; i < 20; i++) {
          assertThat(source.readLine(100)).isNull();
          log.append(ByteBuffer.wrap(("line " + i + "\n").getBytes(StandardCharsets.UTF_8)));
          assertThat(source.readLine(100)).isEqualTo("line " + i);
        }
      }
    });
  }

  /** What was read before stays right, and the end is where it is now. */
  @Test
  void shouldEndWhereAFileIsCutWhileItIsRead() {
    run(() -> {
      byte[] content = pattern(1_000_000);
      Path path = file(content);
      try (File file = File.open(path, OpenOptions.readingAndWriting());
          FileSource source = file.source()) {
        assertThat(source.readExactly(10_000)).startsWith(content[0], content[1]);
        file.truncate(50_000);
        int left = 0;
        while (source.await(1)) {
          left += (int) source.input().size();
          source.input().clear();
        }
        assertThat(10_000 + left).isBetween(50_000, 10_000 + FileSource.LIMIT_BYTES);
        file.truncate(0);
        assertThat(source.await(1)).isFalse();
      }
    });
  }

  @Test
  void shouldHoldNoMoreThanItsLimitOfALargeFile() {
    run(() -> {
      Path path = directory.resolve("sparse");
      long size = 64L << 20;
      try (File file = File.open(path, NEW)) {
        file.truncate(size);
        long[] most = {0};
        long total = 0;
        try (FileSource source = file.source()) {
          while (source.await(1)) {
            most[0] = Math.max(most[0], source.input().heldBytes());
            total += source.input().size();
            source.input().clear();
          }
        }
        assertThat(total).isEqualTo(size);
        assertThat(most[0]).isLessThanOrEqualTo(FileSource.LIMIT_BYTES);
      }
    });
  }

  @Test
  void shouldGoToASocketAsFastAsThatTakesIt() {
    byte[] content = pattern(2_000_000);
    run(() -> {
      Path path = file(content);
      try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          Scope scope = Scope.open("sender")) {
        scope.start(
            "sender",
            () -> {
              try (TcpStream stream = TcpStream.connect(listener.address());
                  File file = File.open(path);
                  FileSource source = file.source()) {
                assertThat(source.transferTo(stream)).isEqualTo(content.length);
                stream.shutdownOutput();
              }
            });
        try (TcpStream stream = listener.accept();
            File copy = File.open(directory.resolve("copy"), NEW);
            FileSink sink = copy.sink(0)) {
          Fiber.yield();
          assertThat(stream.transferTo(sink)).isEqualTo(content.length);
          sink.flush();
          assertThat(sink.offset()).isEqualTo(content.length);
        }
        scope.join();
      }
      assertThat(Files.readAll(directory.resolve("copy"), content.length)).isEqualTo(content);
    });
  }

  private interface Sending {
    void run(TcpStream to, TcpStream from) throws Exception;
  }

  /** To a peer that is in the same loop. */
  private void sending(Sending body) {
    run(() -> {
      try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          TcpStream to = TcpStream.connect(listener.address());
          TcpStream from = listener.accept()) {
        body.run(to, from);
      }
    });
  }

  @Test
  void shouldSendAllOrAPartOfAFileByOneCall() {
    byte[] content = pattern(300_000);
    sending((to, from) -> {
      Fiber<?> sender =
          Fiber.start(() -> {
            try (File file = File.open(file(content))) {
              assertThat(file.transferTo(to)).isEqualTo(content.length);
              file.transferTo(to, 100_000, 70_001);
              assertThatThrownBy(() -> file.transferTo(to, 299_990, 11))
                  .isInstanceOf(EndOfStreamException.class)
                  .hasMessageContaining("ended 1 bytes before");
            }
            to.shutdownOutput();
          });
      ByteBuffer received = ByteBuffer.allocate(content.length);
      from.readFully(received);
      assertThat(received.array()).isEqualTo(content);
      assertThat(from.readExactly(70_000)).isEqualTo(Arrays.copyOfRange(content, 100_000, 170_000));
      assertThat(from.readExactly(1)[0]).isEqualTo(content[170_000]);
      assertThat(from.readExactly(10)).isEqualTo(Arrays.copyOfRange(content, 299_990, 300_000));
      assertThat(from.await(1)).isFalse();
      sender.join();
    });
  }

  /** No byte is sent twice, and none is left out, wherever it is interrupted. */
  @Test
  void shouldGoOnWhereASendWasCancelled() {
    byte[] content = pattern(20_000_000);
    sending((to, from) -> {
      try (File file = File.open(file(content));
          FileSource source = file.source()) {
        ByteBuffer received = ByteBuffer.allocate(content.length);
        int interruptions = 0;
        for (int round = 0; received.hasRemaining(); round++) {
          Scope scope = Scope.open("sending");
          Fiber<Long> sender = scope.call("sender", () -> source.transferTo(to));
          for (int turn = 0; turn < round % 7 * 10 && sender.isAlive(); turn++) {
            Fiber.yield();
          }
          interruptions += sender.isAlive() ? 1 : 0;
          scope.cancel("interrupted");
          scope.close();
          assertThat(source.input().heldBytes()).isLessThanOrEqualTo(FileSource.LIMIT_BYTES);
          int part = (int) Math.min(1_000_000, source.offset() - received.position());
          from.readFully(received.slice(received.position(), part));
          received.position(received.position() + part);
        }
        assertThat(interruptions).isPositive();
        assertThat(received.array()).isEqualTo(content);
      }
    });
  }

  @Test
  void shouldGatherSmallWritesAndPassOnQueues() {
    run(() -> {
      Path path = directory.resolve("file");
      byte[] content = pattern(300_000);
      try (File file = File.open(path, NEW);
          FileSink sink = file.sink(10)) {
        sink.write(content, 0, 5);
        assertThat(file.sizeBytes()).isZero();
        assertThat(sink.offset()).isEqualTo(15);
        sink.flush();
        assertThat(file.sizeBytes()).isEqualTo(15);
        try (ByteQueue queue = ByteQueue.create()) {
          queue.append(content, 5, 200_000);
          sink.write(queue);
          assertThat(queue.isEmpty()).isTrue();
        }
        sink.write(ByteBuffer.wrap(content, 200_005, 99_995));
      }
      try (File file = File.open(path);
          FileSource source = file.source(10)) {
        assertThat(source.readAll(300_000)).isEqualTo(content);
      }
    });
  }

  @Test
  void shouldGiveBackEverythingWhereverItIsLeft() {
    run(() -> {
      Path path = file(pattern(500_000));
      for (int round = 0; round < 5; round++) {
        File file = File.open(path, OpenOptions.readingAndWriting());
        FileSource source = file.source();
        FileSink sink = file.sink(0);
        sink.write("not flushed");
        for (int i = 0; i < round; i++) {
          assertThat(source.readExactly(30_000)).hasSize(30_000);
        }
        assertThatThrownBy(file::close).isInstanceOf(FileException.class);
        assertThatThrownBy(() -> source.await(1)).isInstanceOf(ClosedException.class);
        assertThatThrownBy(() -> sink.write("more")).isInstanceOf(ClosedException.class);
        source.close();
        assertThatThrownBy(sink::close).isInstanceOf(FileException.class);
      }
      assertThat(Files.readAll(path, 500_000)).isEqualTo(pattern(500_000));
      assertThat(Loop.current().handles()).hasSize(0);
    });
  }

  @Test
  void shouldHaveConsumedNothingWhenAReadIsCancelled() {
    run(() -> {
      byte[] content = pattern(200_000);
      Path path = file(content);
      try (File file = File.open(path);
          FileSource source = file.source()) {
        byte[] all = new byte[content.length];
        int at = 0;
        for (int round = 0; at < content.length; round++) {
          Scope scope = Scope.open("round");
          scope.start(
              "reader",
              () -> {
                boolean ignored = source.await(60_000);
              });
          if (round % 2 == 0) {
            Fiber.yield();
          }
          scope.cancel("enough");
          try {
            scope.close();
          } catch (CancelledException expected) {
            assertThat(expected).isNotNull();
          }
          if (source.await(1)) {
            int part = (int) Math.min(7_777, source.input().size());
            System.arraycopy(source.input().take(part), 0, all, at, part);
            at += part;
          }
        }
        assertThat(all).isEqualTo(content);
      }
    });
  }
}
