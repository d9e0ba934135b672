package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loops;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is told of is made once, however often it is told of in a row. */
@Timeout(30)
@EnabledOnOs(OS.LINUX)
class WatchAllocationTest {
  private static final int FILES = 20;

  @TempDir Path directory;

  @Test
  void shouldHaveOnePathForWhatIsNewAndWrittenAtOnce() {
    Loops.run(
        "epoll",
        () -> {
          try (Watcher watcher = Watcher.open(directory)) {
            for (int i = 0; i < FILES; i++) {
              Files.writeString(directory.resolve("f" + i), "x");
            }
            Path created = directory;
            Set<Path> written = new HashSet<>();
            while (written.size() < FILES) {
              switch (watcher.next()) {
                case WatchEvent.Created event -> created = event.path();
                case WatchEvent.Written event -> {
                  assertThat(event.path()).isSameAs(created);
                  written.add(event.path());
                }
                case WatchEvent event -> throw new AssertionError(event);
              }
            }
          }
        });
  }

  /** A directory that has moved takes the paths of what is in it along. */
  @Test
  void shouldTellOfAFileByThePathThatItsDirectoryHasByThen() throws Exception {
    Path before = Files.createDirectory(directory.resolve("before"));
    Path after = directory.resolve("after");
    Loops.run(
        "epoll",
        () -> {
          try (Watcher watcher = Watcher.open(directory, WatchOptions.defaults().recursive(true))) {
            Files.createFile(before.resolve("f"));
            assertThat(next(watcher, WatchEvent.Created.class)).isEqualTo(before.resolve("f"));
            Files.move(before, after);
            assertThat(next(watcher, WatchEvent.Moved.class)).isEqualTo(after);
            Files.delete(after.resolve("f"));
            assertThat(next(watcher, WatchEvent.Deleted.class)).isEqualTo(after.resolve("f"));
          }
        });
  }

  private static Path next(Watcher watcher, Class<? extends WatchEvent> kind) {
    WatchEvent event = watcher.next();
    while (event instanceof WatchEvent.Written) {
      event = watcher.next();
    }
    assertThat(event).isInstanceOf(kind);
    return event.path();
  }
}
