package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import gyre.ClosedException;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import gyre.Task;
import gyre.engine.Errno;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What is reached through a directory is below it. */
@Tag("fiber-modes-2")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DirectoryTest {
  private static final OpenOptions READING = OpenOptions.reading();

  @Parameter private String engine = "";
  @TempDir private Path temporary = Path.of("");

  private interface Body {
    void run(Directory root) throws Exception;
  }

  private Path path(String name) {
    return temporary.resolve(name);
  }

  private void run(Body body) {
    Task task =
        () -> {
          Files.createDirectories(path("root/sub/deep"));
          Files.write(path("secret"), "secret");
          Files.write(path("root/sub/file"), "content");
          Files.createSymbolicLink(path("root/inside"), Path.of("sub"));
          Files.createSymbolicLink(path("root/outside"), temporary);
          Files.createSymbolicLink(path("root/up"), Path.of("../secret"));
          try (Directory root = Directory.open(path("root"))) {
            body.run(root);
          }
        };
    Loops.run(engine, task);
  }

  private static String read(Directory root, String name) {
    try (File file = root.openFile(name, READING)) {
      return new String(file.source().readAll(100), StandardCharsets.UTF_8);
    }
  }

  @Test
  void shouldOpenWhatIsBelow() {
    run(root -> {
      assertThat(read(root, "sub/file")).isEqualTo("content");
      assertThat(read(root, "sub/deep/../file")).isEqualTo("content");
      assertThat(read(root, "inside/file")).isEqualTo("content");
      try (Directory sub = root.openDirectory("sub")) {
        assertThat(read(sub, "./file")).isEqualTo("content");
      }
      try (File made =
          root.openFile("sub/new", OpenOptions.writing().createNew(true).permissions(0600))) {
        assertThat(made.sizeBytes()).isZero();
      }
      assertThat(Files.info(path("root/sub/new")).permissions()).isEqualTo(0600);
    });
  }

  @Test
  void shouldNeverLeaveIt() {
    run(root -> {
      for (String name :
          new String[] {
            "../secret", "sub/../../secret", "/etc/passwd", "outside/secret", "up", "sub/../up"
          }) {
        assertThatThrownBy(() -> root.openFile(name, READING))
            .as(name)
            .isInstanceOf(FileException.class)
            .hasMessageContaining("EXDEV")
            .hasMessageContaining("leaves the directory");
      }
    });
  }

  /** Somebody changes a directory into a link and back, all the time. */
  @Test
  void shouldNotLeaveItWhileOthersChangeIt() {
    run(root -> {
      Files.createSymbolicLink(path("trap"), temporary);
      Files.createDirectories(path("root/place"));
      Files.write(path("root/place/secret"), "harmless");
      boolean[] isDone = {false};
      try (Scope scope = Scope.open("attacker")) {
        scope.start(
            "attacker",
            () -> {
              while (!isDone[0]) {
                Files.exchange(path("trap"), path("root/place"));
              }
            });
        for (int i = 0; i < 500; i++) {
          try {
            assertThat(read(root, "place/secret")).isEqualTo("harmless");
          } catch (FileException refused) {
            assertThat(refused).hasMessageContaining("EXDEV");
          }
          Fiber.yield();
        }
        isDone[0] = true;
        scope.join();
      }
    });
  }

  /** The kernel then can't tell whether ".." leads out, and answers EAGAIN. */
  @Test
  void shouldGoUpWhileOthersRename() {
    run(root -> {
      boolean[] isDone = {false};
      Files.createDirectory(path("one"));
      Files.createDirectory(path("other"));
      try (Scope scope = Scope.open("renaming")) {
        scope.start(
            "renaming",
            () -> {
              while (!isDone[0]) {
                Files.exchange(path("one"), path("other"));
              }
            });
        for (int i = 0; i < 3_000; i++) {
          assertThat(read(root, "sub/deep/../../sub/deep/../file")).isEqualTo("content");
        }
        isDone[0] = true;
        scope.join();
      }
    });
  }

  /**
   * Or else its number may be that of another directory by the time that the thread comes to it. On
   * io_uring the kernel has both at once.
   */
  @Test
  void shouldNotBeClosedUnderWhatIsDoneWithANameInIt() {
    assumeThat(engine).isNotEqualTo("io_uring");
    run(root -> {
      Directory other = root.openDirectory("sub");
      CountDownLatch mayEnd = new CountDownLatch(1);
      Throwable[] told = new Throwable[1];
      try (Scope scope = Scope.open("users")) {
        for (int i = 0; i < 4; i++) { // as many as there are helper threads
          scope.start(
              "busy",
              () ->
                  Names.call(
                      "wait for",
                      Names.Place.of(temporary),
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
            "asking",
            () -> {
              try {
                assertThat(other.info("file").sizeBytes()).isEqualTo(7);
              } catch (ClosedException closed) {
                told[0] = closed;
              }
            });
        Fiber.yield();
        scope.start("closing", other::close);
        for (int i = 0; i < 10 && told[0] == null; i++) {
          Fiber.yield();
        }
        mayEnd.countDown();
        scope.join();
      }
      assertThat(told[0]).hasMessageContaining("closed");
    });
  }

  @Test
  void shouldWorkOnTheNamesInIt() {
    run(root -> {
      root.createDirectory("made");
      root.rename("made", "renamed");
      assertThat(root.info("renamed").isDirectory()).isTrue();
      root.deleteDirectory("renamed");
      assertThat(root.linkInfo("inside").type()).isEqualTo(FileType.SYMBOLIC_LINK);
      root.delete("inside");
      root.sync();
      for (String name : new String[] {"", ".", "..", "sub/file", "/"}) {
        assertThatThrownBy(() -> root.info(name))
            .as(name)
            .isInstanceOf(IllegalArgumentException.class);
      }
      int count = 0;
      try (DirectoryListing names = root.list()) {
        for (DirectoryEntry entry : names) {
          assertThat(entry.inode()).isPositive();
          count++;
        }
      }
      assertThat(count).isEqualTo(3);
    });
  }
}
