package gyre.sys;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code posix_spawn}, also as where the C library lacks what came late. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LinuxSpawnTest {
  private static final int WRITE_ONLY = 1;
  private static final int CREATE = 0x40;
  private static final int EBADF = 9;

  @TempDir private Path temporary = Path.of("");

  @Test
  void shouldCloseDescriptorsOneByOneWhereTheyCannotBeClosedAtOnce() throws Exception {
    Path output = temporary.resolve("output");
    try (Arena arena = Arena.ofConfined();
        LinuxSpawn spawn = new LinuxSpawn(0)) {
      CallState state = new CallState(arena);
      long path = arena.allocateFrom("/dev/null").address();
      int open = LinuxFiles.openat(state, LinuxFiles.AT_FDCWD, path, 0, 0); // not close-on-exec
      assertThat(open).isGreaterThan(2);
      spawn.open(0, bytes("/dev/null"), 0, 0);
      spawn.open(1, bytes(output.toString()), WRITE_ONLY | CREATE, 0600);
      spawn.duplicate(1, 2);
      spawn.closeEach(3);
      int process = spawn.spawn(texts("ls", "/proc/self/fd"), texts());
      assertThat(process).isPositive();
      long answer = arena.allocate(LinuxChildren.ANSWER_BYTES, 8).address();
      assertThat(LinuxChildren.await(state, process, answer)).isOne();
      LinuxFiles.discard(open);
    }
    assertThat(Files.readAllLines(output)).containsExactly("0", "1", "2", "3"); // 3 is the list
  }

  @Test
  void shouldAnswerWhatCouldNotBePrepared() {
    try (LinuxSpawn spawn = new LinuxSpawn(0)) {
      spawn.duplicate(-1, 0);
      spawn.duplicate(1, 0);
      assertThat(spawn.spawn(texts("true"), texts())).isEqualTo(-EBADF);
    }
  }

  @Test
  void shouldKnowWhatTheCLibraryLacks() {
    assertThat(LinuxSpawn.linkIfThere("posix_spawn_no_such_function")).isNull();
  }

  private static byte[][] texts(String... texts) {
    byte[][] all = new byte[texts.length][];
    for (int i = 0; i < texts.length; i++) {
      all[i] = bytes(texts[i]);
    }
    return all;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
