package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import gyre.Loops;
import gyre.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fiber-modes-2")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FilesTest {
  @Parameter private String engine = "";
  @TempDir private Path directory = Path.of("");

  private void run(Task body) {
    Loops.run(engine, body);
  }

  private boolean isNio() {
    return engine.equals("nio");
  }

  private Path path(String name) {
    return directory.resolve(name);
  }

  private static String text(Path path) {
    return Files.readText(path, 1000);
  }

  private static Set<String> names(Path directory) {
    Set<String> names = new TreeSet<>();
    try (DirectoryListing listing = Files.list(directory)) {
      for (DirectoryEntry entry : listing) {
        assertThat(names.add(entry.name())).isTrue();
      }
    }
    return names;
  }

  @Test
  void shouldRename() {
    run(() -> {
      Files.write(path("a"), "one");
      Files.write(path("b"), "two");
      Files.rename(path("a"), path("b"));
      assertThat(text(path("b"))).isEqualTo("one");
      assertThat(Files.exists(path("a"))).isFalse();
      assertThatThrownBy(() -> Files.rename(path("missing"), path("c")))
          .hasMessageContaining("rename " + path("missing") + " to " + path("c"))
          .hasMessageContaining("ENOENT");
    });
  }

  @Test
  void shouldRenameWithoutReplacingAndExchange() {
    run(() -> {
      Files.write(path("a"), "one");
      Files.write(path("b"), "two");
      if (isNio()) {
        assertThatThrownBy(() -> Files.renameNew(path("a"), path("c")))
            .hasMessageContaining("EOPNOTSUPP");
        return;
      }
      assertThatThrownBy(() -> Files.renameNew(path("a"), path("b")))
          .isInstanceOfSatisfying(FileException.class, e -> assertThat(e.isExisting()).isTrue());
      Files.exchange(path("a"), path("b"));
      assertThat(text(path("a"))).isEqualTo("two");
      assertThat(text(path("b"))).isEqualTo("one");
      Files.renameNew(path("a"), path("c"));
      assertThat(names(directory)).containsExactly("b", "c");
    });
  }

  @Test
  void shouldLink() {
    run(() -> {
      Files.write(path("a"), "content");
      Files.createLink(path("b"), path("a"));
      assertThat(Files.info(path("b")).links()).isEqualTo(2);
      assertThat(Files.info(path("b")).isSameFile(Files.info(path("a")))).isTrue();
      Files.createSymbolicLink(path("c"), Path.of("a"));
      assertThat(Files.readSymbolicLink(path("c"))).isEqualTo(Path.of("a"));
      assertThat(text(path("c"))).isEqualTo("content");
      assertThat(Files.info(path("c")).type()).isEqualTo(FileType.REGULAR);
      assertThat(Files.linkInfo(path("c")).permissions()).isNotNegative();
      Files.delete(path("a"));
      assertThat(Files.exists(path("c"))).isFalse();
      assertThat(text(path("b"))).isEqualTo("content");
    });
  }

  @Test
  void shouldMakeAndRemoveDirectories() {
    run(() -> {
      Files.createDirectories(path("a/b/c"));
      Files.createDirectories(path("a/b/c"));
      assertThat(Files.info(path("a/b/c")).isDirectory()).isTrue();
      assertThatThrownBy(() -> Files.createDirectory(path("a")))
          .isInstanceOfSatisfying(FileException.class, e -> assertThat(e.isExisting()).isTrue());
      Files.write(path("file"), "x");
      assertThatThrownBy(() -> Files.createDirectories(path("file")))
          .hasMessageContaining("EEXIST");
      assertThatThrownBy(() -> Files.createDirectory(path("file/below")))
          .isInstanceOf(FileException.class);
      assertThatThrownBy(() -> Files.deleteDirectory(path("a"))).hasMessageContaining("ENOTEMPTY");
      assertThatThrownBy(() -> Files.delete(path("a"))).hasMessageContaining("EISDIR");
      assertThatThrownBy(() -> Files.deleteDirectory(path("file"))).hasMessageContaining("ENOTDIR");
      Files.deleteDirectory(path("a/b/c"));
      assertThat(names(path("a/b"))).isEmpty();
    });
  }

  @Test
  void shouldListADirectoryOfAnySize() {
    run(() -> {
      Set<String> made = new TreeSet<>();
      for (int i = 0; i < 3000; i++) {
        String name = "a-name-that-is-rather-long-" + i;
        made.add(name);
        File.open(path(name), OpenOptions.writing().createNew(true)).close();
      }
      assertThat(names(directory)).isEqualTo(made);
      assertThatThrownBy(() -> Files.list(path("missing"))).hasMessageContaining("ENOENT");
      assertThatThrownBy(() -> Files.list(path("a-name-that-is-rather-long-0")))
          .hasMessageContaining("ENOTDIR");
    });
  }

  @Test
  void shouldTellTheTypesOfNames() {
    run(() -> {
      Files.write(path("file"), "x");
      Files.createDirectory(path("directory"));
      Files.createSymbolicLink(path("link"), Path.of("file"));
      List<String> types = new ArrayList<>();
      try (DirectoryListing listing = Files.list(directory)) {
        for (DirectoryEntry entry : listing) {
          types.add(entry.toString());
        }
      }
      assertThat(types)
          .containsExactlyInAnyOrder(
              "file (REGULAR)", "directory (DIRECTORY)", "link (SYMBOLIC_LINK)");
    });
  }

  @Test
  void shouldDeleteATreeAndFollowNoLink() {
    run(() -> {
      Files.createDirectories(path("outside"));
      Files.write(path("outside/precious"), "stays");
      Files.createDirectories(path("tree/one/two/three"));
      for (int i = 0; i < 40; i++) {
        Files.write(path("tree/one/file-" + i), "x");
      }
      Files.createSymbolicLink(path("tree/one/two/link"), path("outside"));
      Files.createSymbolicLink(path("tree/loop"), path("tree"));
      assertThat(Files.deleteTree(path("tree"))).isEqualTo(46);
      assertThat(names(directory)).containsExactly("outside");
      assertThat(text(path("outside/precious"))).isEqualTo("stays");
      assertThat(Files.deleteTree(path("tree"))).isZero();
      Files.createSymbolicLink(path("link"), path("outside"));
      assertThat(Files.deleteTree(path("link"))).isEqualTo(1);
      assertThat(text(path("outside/precious"))).isEqualTo("stays");
    });
  }

  @Test
  void shouldCopy() {
    byte[] content = new byte[300_000];
    for (int i = 0; i < content.length; i++) {
      content[i] = (byte) (i * 7 + i / 1000);
    }
    run(() -> {
      Files.write(path("a"), content);
      try (File file = File.open(path("a"), OpenOptions.writing())) {
        file.permissions(0640);
      }
      assertThat(Files.copy(path("a"), path("b"))).isEqualTo(content.length);
      assertThat(Files.readAll(path("b"), 300_000)).isEqualTo(content);
      assertThat(Files.info(path("b")).permissions()).isEqualTo(0640);
      assertThatThrownBy(() -> Files.copy(path("a"), path("b"))).hasMessageContaining("EEXIST");
      assertThat(Files.info(path("b")).sizeBytes()).isEqualTo(content.length);
    });
  }

  /** The kernel says that such files are empty, and copies nothing of them by itself. */
  @Test
  void shouldCopyWhatIsMadeAsItIsRead() {
    assumeFalse(isNio());
    run(() -> {
      long bytes = Files.copy(Path.of("/proc/self/status"), path("status"));
      assertThat(bytes).isPositive();
      assertThat(Files.readText(path("status"), 100_000)).contains("VmRSS");
    });
  }

  @Test
  void shouldDeleteWhatCouldNotBeCopied() {
    assumeFalse(isNio());
    run(() -> {
      assertThatThrownBy(() -> Files.copy(Path.of("/proc/self/mem"), path("copy")))
          .isInstanceOf(FileException.class);
      assertThat(names(directory)).isEmpty();
    });
  }
}
