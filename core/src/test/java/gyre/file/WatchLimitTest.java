package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Limits of inotify and file systems that go, in a user namespace, which anybody may change. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WatchLimitTest {
  @TempDir Path root = Path.of("");
  private @Nullable Process process;

  @AfterEach
  void end() {
    if (process != null) {
      Process ignored = process.destroyForcibly();
    }
  }

  /** Runs a line of a shell in a new namespace, and the program; what both say. */
  private String run(String before, String engine, String what) throws Exception {
    List<String> words = new ArrayList<>(List.of("unshare", "-Urm", "sh", "-c"));
    words.add(before + " && exec \"$@\"");
    words.add("sh");
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED"));
    words.addAll(List.of("--add-opens", "java.base/java.lang=ALL-UNNAMED"));
    words.addAll(List.of("-cp", System.getProperty("java.class.path")));
    words.addAll(List.of(WatchLimitProgram.class.getName(), engine, what, root.toString()));
    Process started = new ProcessBuilder(words).redirectErrorStream(true).start();
    process = started;
    String said = started.inputReader(StandardCharsets.UTF_8).readAllAsString();
    assertThat(started.waitFor()).as(said).isZero();
    return said;
  }

  private static void assumeNamespaces() throws IOException, InterruptedException {
    assumeTrue(Files.exists(Path.of("/proc/sys/user/max_inotify_watches")), "no such limit");
    Process probe = new ProcessBuilder("unshare", "-Urm", "true").redirectErrorStream(true).start();
    assumeTrue(probe.waitFor() == 0, "no user namespaces");
  }

  @Test
  void shouldNameTheLimitOfWatches() throws Exception {
    assumeNamespaces();
    for (int i = 0; i < 10; i++) {
      Files.createDirectory(root.resolve("" + i));
    }
    assertThat(run("echo 5 > /proc/sys/user/max_inotify_watches", "epoll", "open"))
        .startsWith("watch " + root + "/")
        .contains("ENOSPC (no space left on device): this user has no more watches")
        .contains("fs.inotify.max_user_watches is ")
        .contains("user.max_inotify_watches is 5")
        .contains("sysctl fs.inotify.max_user_watches=");
  }

  @Test
  void shouldNameTheLimitOfInstances() throws Exception {
    assumeNamespaces();
    assertThat(run("echo 0 > /proc/sys/user/max_inotify_instances", "epoll", "open"))
        .startsWith("watch " + root + ": EMFILE")
        .contains("fs.inotify.max_user_instances is ")
        .contains("user.max_inotify_instances is 0");
  }

  @Test
  void shouldTellOfADirectoryForWhichThereIsNoWatchLeft() throws Exception {
    assumeNamespaces();
    assertThat(run("echo 5 > /proc/sys/user/max_inotify_watches", "io_uring", "later"))
        .startsWith("LIMIT watch " + root + "/more")
        .contains("user.max_inotify_watches is 5");
  }

  /** No instance at all, too few watches at the beginning, and too few later. */
  @ParameterizedTest
  @CsvSource({
    "max_inotify_instances, 0, poll, EMFILE",
    "max_inotify_watches, 5, poll, ENOSPC",
    "max_inotify_watches, 15, pollLater, ENOSPC",
  })
  void shouldGoOnByLookingWhereAskedTo(String limit, int value, String what, String errno)
      throws Exception {
    assumeNamespaces();
    for (int i = 0; i < 10; i++) {
      Files.createDirectory(root.resolve("" + i));
    }
    List<String> said =
        run("echo " + value + " > /proc/sys/user/" + limit, "epoll", what).lines().toList();
    assertThat(said.getFirst())
        .startsWith("Degraded[path=" + root + ", detail=watch " + root)
        .contains(errno, "user." + limit + " is " + value, "sysctl fs.inotify.");
    assertThat(said.getLast()).isEqualTo("told");
  }

  @Test
  void shouldTellThatTheFileSystemIsGone() throws Exception {
    assumeNamespaces();
    assertThat(run("mount -t tmpfs none " + root, "io_uring", "unmount").lines())
        .containsExactly(
            "umount 0",
            "Lost[path=" + root + ", reason=UNMOUNTED, detail=]",
            "Returned[path=" + root + "]",
            "Created[path=" + root.resolve("below") + ", isDirectory=true]");
  }
}
