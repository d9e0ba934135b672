package gyre.examples;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.process.CommandResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The example {@code mirror}. */
@Timeout(120)
class MirrorTest {
  private static final int DIRECTORIES = 5;
  private static final int FILES = 10;

  @TempDir Path folder;

  @BeforeEach
  void makeTree() throws IOException {
    for (int i = 0; i < DIRECTORIES; i++) {
      Path directory = Files.createDirectories(from().resolve("a" + i + "/b/c"));
      for (int j = 0; j < FILES; j++) {
        Files.writeString(directory.resolve("file" + j), "content of " + i + j + "\n");
      }
    }
    Files.writeString(from().resolve("large"), "0123456789abcdef".repeat(1 << 18));
    Files.createSymbolicLink(from().resolve("link"), Path.of("nowhere"));
  }

  private Path from() {
    return folder.resolve("from");
  }

  private Path to() {
    return folder.resolve("some/where/to");
  }

  private CommandResult mirror(String engine, Path from, Path to) {
    try (Loop loop = Loop.open()) {
      String[] arguments = {from.toString(), to.toString()};
      return loop.run(() -> Program.of(Mirror.class, engine, arguments).run());
    }
  }

  private static String errors(CommandResult result) {
    return new String(result.stderr(), StandardCharsets.UTF_8);
  }

  private static List<Path> below(Path top) throws IOException {
    try (Stream<Path> all = Files.walk(top)) {
      return all.map(top::relativize).sorted().toList();
    }
  }

  private void assertSame() throws IOException {
    assertThat(below(to())).isEqualTo(below(from()));
    for (Path each : below(from())) {
      if (Files.isRegularFile(from().resolve(each))) {
        assertThat(to().resolve(each)).hasSameBinaryContentAs(from().resolve(each));
      }
    }
    assertThat(Files.readSymbolicLink(to().resolve("link"))).isEqualTo(Path.of("nowhere"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldCopyATreeAndThenWhatIsNewer(String engine) throws IOException {
    CommandResult first = mirror(engine, from(), to());
    assertThat(errors(first)).endsWith("\r" + (DIRECTORIES * FILES + 1) + " copied, 0 failed\n");
    assertThat(first.exit().code()).isZero();
    assertSame();

    Path changed = from().resolve("a1/b/c/file1");
    Files.writeString(changed, "another");
    Files.setLastModifiedTime(changed, FileTime.from(Instant.now().plusSeconds(10)));
    CommandResult second = mirror(engine, from(), to());
    assertThat(errors(second)).endsWith("\r1 copied, 0 failed\n");
    assertThat(second.exit().code()).isZero();
    assertSame();
  }

  @Test
  void shouldCopyTheOthersWhenOneFails() throws IOException {
    Path inTheWay = to().resolve("a0/b/c/file0.part");
    Files.createDirectories(inTheWay);
    CommandResult result = mirror("auto", from(), to());
    assertThat(errors(result))
        .contains("mirror: open " + inTheWay + ": EEXIST")
        .endsWith("\r" + DIRECTORIES * FILES + " copied, 1 failed\n");
    assertThat(result.exit().code()).isEqualTo(1);
  }

  @Test
  void shouldSayThatThereIsNoSuchTree() {
    CommandResult result = mirror("auto", folder.resolve("none"), to());
    assertThat(errors(result)).contains(folder.resolve("none") + ": ENOENT");
    assertThat(result.exit().code()).isEqualTo(1);
    assertThat(to()).doesNotExist();
  }

  @Test
  void shouldRefuseToCopyATreeIntoItself() {
    CommandResult result = mirror("auto", from(), from().resolve("a0/copy"));
    assertThat(errors(result)).startsWith("usage: mirror FROM TO");
    assertThat(result.exit().code()).isEqualTo(2);
  }
}
