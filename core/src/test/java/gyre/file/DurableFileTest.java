package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import gyre.Task;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What a crash leaves is the matter of the simulated disk. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DurableFileTest {
  @Parameter private String engine = "";
  @TempDir private Path directory = Path.of("");

  private void run(Task body) {
    Loops.run(engine, body);
  }

  private Path path() {
    return directory.resolve("settings");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void assertContent(String content) {
    assertThat(Files.readText(path(), 10_000_000)).isEqualTo(content);
    List<String> names = new ArrayList<>();
    try (DirectoryListing listing = Files.list(directory)) {
      listing.forEach(entry -> names.add(entry.name()));
    }
    assertThat(names).containsExactly("settings");
  }

  @Test
  void shouldMakeAndReplace() {
    run(() -> {
      DurableFile.replace(path(), bytes("first"));
      assertContent("first");
      try (File file = File.open(path(), OpenOptions.writing())) {
        file.permissions(0604);
      }
      DurableFile.replace(
          path(),
          sink -> {
            for (int i = 0; i < 100_000; i++) {
              sink.write("line\n");
            }
          });
      assertContent("line\n".repeat(100_000));
      assertThat(Files.info(path()).permissions()).isEqualTo(0604);
    });
  }

  /** The name of the temporary file must not be longer than the system allows. */
  @Test
  void shouldReplaceAFileOfTheLongestName() {
    run(() -> {
      for (String name : new String[] {"n".repeat(255), "\u00e4".repeat(127)}) {
        Path path = directory.resolve(name);
        for (String content : new String[] {"first", "second"}) {
          DurableFile.replace(path, bytes(content));
          assertThat(Files.readText(path, 10)).isEqualTo(content);
        }
      }
    });
  }

  @Test
  void shouldShowTheNewContentToNobodyWhoMayNotReadTheOld() {
    run(() -> {
      DurableFile.replace(path(), bytes("secret"));
      try (File file = File.open(path(), OpenOptions.writing())) {
        file.permissions(0600);
      }
      DurableFile.replace(
          path(),
          sink -> {
            sink.write("another secret");
            sink.flush();
            try (DirectoryListing listing = Files.list(directory)) {
              for (DirectoryEntry entry : listing) {
                Path each = directory.resolve(entry.name());
                assertThat(Files.info(each).permissions()).as(entry.name()).isEqualTo(0600);
              }
            }
          });
      assertContent("another secret");
    });
  }

  @Test
  void shouldKeepTheOldContentWhenTheWriterFails() {
    run(() -> {
      DurableFile.replace(path(), bytes("old"));
      assertThatThrownBy(() ->
              DurableFile.replace(
                  path(),
                  sink -> {
                    sink.write("half of the new one");
                    sink.flush();
                    throw new IOException("no more");
                  }))
          .isInstanceOf(IOException.class)
          .hasMessage("no more");
      assertContent("old");
    });
  }

  @Test
  void shouldKeepTheOldOrHaveTheNewContentWhenItIsCancelled() {
    String[] both = {"old".repeat(10_000), "new".repeat(10_000)};
    run(() -> {
      DurableFile.replace(path(), bytes(both[0]));
      for (int turns = 0; turns < 40; turns++) {
        Scope scope = Scope.open("writer");
        scope.start("writer", () -> DurableFile.replace(path(), bytes(both[1])));
        for (int i = 0; i < turns; i++) {
          Fiber.yield();
        }
        scope.cancel("enough");
        scope.close();
        String now = Files.readText(path(), 100_000);
        assertThat(now).isIn((Object[]) both);
        assertContent(now);
      }
    });
  }

  @Test
  void shouldSayWhatIsWrong() {
    run(() -> {
      assertThatThrownBy(() -> DurableFile.replace(directory.resolve("no/file"), bytes("x")))
          .isInstanceOfSatisfying(FileException.class, e -> assertThat(e.isMissing()).isTrue());
      Files.createDirectory(directory.resolve("settings"));
      assertThatThrownBy(() -> DurableFile.replace(path(), bytes("x")))
          .isInstanceOf(FileException.class);
      Files.deleteDirectory(path());
      assertThatThrownBy(() -> DurableFile.replace(Path.of("/"), bytes("x")))
          .isInstanceOf(IllegalArgumentException.class);
      DurableFile.replace(path(), bytes("x"));
      assertContent("x");
    });
  }
}
