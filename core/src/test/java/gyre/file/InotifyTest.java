package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.Fiber;
import gyre.Loops;
import gyre.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What only a kernel can tell. */
@EnabledOnOs(OS.LINUX)
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InotifyTest {
  private static final WatchOptions DEEP = WatchOptions.defaults().recursive(true);
  private static final Path MAX_QUEUED_EVENTS = Path.of("/proc/sys/fs/inotify/max_queued_events");

  /** More events than one read takes, which an engine may have begun before. */
  private static final int READ_AHEAD = 4096;

  @Parameter String engine = "";
  @TempDir Path temp = Path.of("");
  private Path root = Path.of("");
  private Path outside = Path.of("");

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(temp.resolve("root"));
    outside = Files.createDirectory(temp.resolve("outside"));
  }

  private void run(Task main) {
    Loops.run(engine, main);
  }

  private static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  private static Path file(Path path) throws IOException {
    return Files.writeString(path, "x");
  }

  @Test
  void shouldTellBothNamesOfWhatMovesInside() throws IOException {
    Path below = Files.createDirectory(root.resolve("below"));
    Path from = file(root.resolve("from"));
    Path replaced = file(below.resolve("to"));
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP)) {
        move(from, replaced);
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Moved(from, replaced, false));
        Files.delete(replaced);
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Deleted(replaced, false));
      }
    });
  }

  @Test
  void shouldGoOnToWatchADirectoryThatMovesInside() throws IOException {
    Path from = Files.createDirectories(root.resolve("from/deep"));
    Path to = root.resolve("to");
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP)) {
        move(root.resolve("from"), to);
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Moved(root.resolve("from"), to, true));
        Path made = file(to.resolve("deep/file"));
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Created(made, false));
        assertThat(Files.exists(from)).isFalse();
      }
    });
  }

  /**
   * Two pairs of events, which look the same as a move and a move back: both names go on to be
   * watched, whatever has them now.
   */
  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void shouldFollowTwoNamesThatAreExchanged(boolean isDirectory, boolean isOtherDirectory)
      throws IOException {
    Path one = made(root.resolve("one"), isDirectory);
    Path below = Files.createDirectory(root.resolve("below"));
    Path other = made(below.resolve("other"), isOtherDirectory);
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP)) {
        WatchModel model = WatchModel.of(root);
        gyre.file.Files.exchange(one, other);
        assertThat(model.next(watcher)).isEqualTo(new WatchEvent.Moved(one, other, isDirectory));
        assertThat(model.next(watcher)).isEqualTo(new WatchEvent.Created(one, isOtherDirectory));
        model.follow(watcher, root);
        touch(one, isOtherDirectory);
        touch(other, isDirectory);
        model.follow(watcher, root);
        awaitWatches(2 + (isDirectory ? 2 : 0) + (isOtherDirectory ? 2 : 0));
      }
    });
  }

  private static Path made(Path path, boolean isDirectory) throws IOException {
    if (!isDirectory) {
      return file(path);
    }
    file(Files.createDirectories(path.resolve("deep")).resolve(path.getFileName() + ".file"));
    return path;
  }

  private static void touch(Path path, boolean isDirectory) throws IOException {
    if (isDirectory) {
      file(path.resolve("later"));
      file(path.resolve("deep/later"));
    } else {
      Files.move(path, path.resolveSibling(path.getFileName() + ".later"));
    }
  }

  /** The same four events as of an exchange, and something else to be known afterwards. */
  @Test
  void shouldNotTakeAMoveBackForAnExchange() throws IOException {
    Path one = file(root.resolve("one"));
    Path other = file(root.resolve("other"));
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP)) {
        WatchModel model = WatchModel.of(root);
        move(one, other);
        move(other, one);
        assertThat(model.next(watcher)).isEqualTo(new WatchEvent.Moved(one, other, false));
        model.follow(watcher, root);
        assertThat(WatchModel.there(root)).containsExactly(one);
        move(one, other); // nothing has that name now
        move(other, one);
        assertThat(model.next(watcher)).isEqualTo(new WatchEvent.Moved(one, other, false));
        assertThat(model.next(watcher)).isEqualTo(new WatchEvent.Moved(other, one, false));
      }
    });
  }

  /** It is a rename as any other, however soon it comes. */
  @Test
  void shouldTellWhereWhatHasReplacedAnotherMovesNext() throws IOException {
    Path one = file(root.resolve("one"));
    Path replaced = file(root.resolve("replaced"));
    Path next = root.resolve("next");
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP)) {
        move(one, replaced);
        move(replaced, next);
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Moved(one, replaced, false));
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Moved(replaced, next, false));
      }
    });
  }

  @Test
  void shouldTellOfWhatMovesInWithAllThatIsInIt() throws IOException {
    Files.createDirectory(outside.resolve("directory"));
    file(outside.resolve("directory/file"));
    Path plain = file(outside.resolve("plain"));
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP)) {
        WatchModel model = WatchModel.of(root);
        move(plain, root.resolve("plain"));
        move(outside.resolve("directory"), root.resolve("directory"));
        model.follow(watcher, root);
        assertThat(model.events).allMatch(e -> e instanceof WatchEvent.Created);
      }
    });
  }

  /** A rename replaces a directory that is empty; no event tells that it is another one now. */
  @Test
  void shouldTellWhatIsInADirectoryThatMovesInOverAnother() throws IOException {
    Path place = Files.createDirectory(root.resolve("place"));
    Path other = Files.createDirectory(outside.resolve("other"));
    file(Files.createDirectory(other.resolve("deep")).resolve("file"));
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP)) {
        WatchModel model = WatchModel.of(root);
        move(other, place);
        model.follow(watcher, root);
        file(place.resolve("later"));
        file(place.resolve("deep/later"));
        model.follow(watcher, root);
        awaitWatches(3);
      }
    });
  }

  @Test
  void shouldTellOfWhatMovesOutAndWatchItNoLonger() throws IOException {
    Path directory = Files.createDirectory(root.resolve("directory"));
    Path plain = file(root.resolve("plain"));
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP)) {
        move(plain, outside.resolve("plain"));
        move(directory, outside.resolve("directory"));
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Deleted(plain, false));
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Deleted(directory, true));
        file(outside.resolve("directory/file"));
        Path last = Files.createDirectory(root.resolve("last"));
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Created(last, true));
      }
    });
  }

  @Test
  void shouldTellThatTheDirectoryItselfHasMovedAndIsReplaced() throws IOException {
    file(root.resolve("old"));
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP)) {
        move(root, outside.resolve("root"));
        assertThat(watcher.next())
            .isEqualTo(new WatchEvent.Lost(root, WatchEvent.Reason.MOVED, ""));
        file(outside.resolve("root/unseen"));
        Files.createDirectory(root);
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Returned(root));
        Path made = Files.createDirectory(root.resolve("new"));
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Created(made, true));
      }
    });
  }

  @Test
  void shouldTellAWriterThatDoesNotCloseAsWell() throws IOException {
    Path path = file(root.resolve("log"));
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP);
          var out = Files.newOutputStream(path)) {
        out.write(1);
        out.flush();
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Written(path));
      }
    });
  }

  /** In one place, while nobody reads: more than the kernel keeps, and files after it. */
  @Test
  void shouldReportALossInTheKernelAndTellOfEveryFileOfABurst() throws IOException {
    int kept = Integer.parseInt(Files.readAllLines(MAX_QUEUED_EVENTS).getFirst());
    assumeTrue(kept <= 100_000, "so much to write takes too long");
    run(() -> {
      WatchOptions large = DEEP.queueLimit(200_000);
      try (Watcher watcher = Watcher.open(root, large)) {
        Path directory = Files.createDirectory(root.resolve("directory"));
        assertThat(watcher.next().path()).isEqualTo(directory);
        WatchModel model = WatchModel.of(root);
        Fiber.yield();
        create(directory, "early", 1000);
        // Two by turns: the kernel joins what happens twice in a row.
        try (var one = Files.newOutputStream(directory.resolve("one"));
            var other = Files.newOutputStream(directory.resolve("other"))) {
          for (int i = 0; i < kept + READ_AHEAD; i += 2) {
            one.write(1);
            other.write(1);
          }
        }
        create(directory, "late", 1000);
        model.follow(watcher, root);
        WatchEvent.Overflowed overflowed =
            model.events.stream()
                .filter(WatchEvent.Overflowed.class::isInstance)
                .map(WatchEvent.Overflowed.class::cast)
                .findFirst()
                .orElseThrow();
        assertThat(overflowed.where()).isEqualTo(WatchEvent.Queue.KERNEL);
        model.await(watcher, WatchEvent.Rescanned.class);
        Path last = Files.createDirectory(root.resolve("last"));
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Created(last, true));
      }
    });
  }

  private static void create(Path directory, String name, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      Path ignored = Files.createFile(directory.resolve(name + i));
    }
  }

  @Test
  void shouldUseOneInstanceForAllWatchersOfALoopAndNoneAfterThem() {
    run(() -> {
      assertThat(instances()).isZero();
      List<Watcher> watchers = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        watchers.add(Watcher.open(i % 2 == 0 ? root : outside, DEEP));
      }
      assertThat(instances()).isEqualTo(1);
      Path made = Files.createDirectory(root.resolve("made"));
      for (Watcher watcher : watchers.reversed()) {
        if (watcher.directory().equals(root)) {
          assertThat(watcher.next()).isEqualTo(new WatchEvent.Created(made, true));
        }
        watcher.close();
      }
      assertThat(instances()).isZero();
    });
  }

  /** Each costs memory of the kernel and counts against the limit of the user. */
  @Test
  void shouldKeepNoWatchOfWhatHasMovedAwayOrIsGone() throws IOException {
    Path away = Files.createDirectories(root.resolve("away/a/b/c")).getParent();
    Path gone = Files.createDirectories(root.resolve("gone/a/b"));
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP)) {
        assertThat(watches()).isEqualTo(8);
        move(root.resolve("away"), outside.resolve("away"));
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Deleted(root.resolve("away"), true));
        awaitWatches(4);
        Files.delete(gone);
        Files.delete(gone.getParent());
        Files.delete(root.resolve("gone"));
        awaitWatches(1);
        assertThat(away).doesNotExist();
      }
      assertThat(instances()).isZero();
    });
  }

  /** Gone between the moments in which it is watched and looked at, in some of the cases. */
  @Test
  void shouldKeepNoWatchOfWhatIsGoneBeforeItIsLookedAt() throws IOException {
    Path away = outside.resolve("directory");
    for (int i = 0; i < 20; i++) {
      Files.createDirectories(away.resolve("below" + i));
    }
    Path here = root.resolve("directory");
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP)) {
        watcher.onEvent(event -> {});
        Fiber.offload(() -> {
          for (int i = 0; i < 300; i++) {
            move(away, here);
            LockSupport.parkNanos(i * 1000L); // at many places of what the watcher does meanwhile
            move(here, away);
          }
          return true;
        });
        awaitWatches(1);
      }
    });
  }

  static void awaitWatches(int wanted) throws IOException {
    while (watches() != wanted) {
      Fiber.yield(); // up to the time limit of the test
    }
  }

  /** Of all instances of this process. */
  private static long watches() throws IOException {
    long count = 0;
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      for (Path each : all.filter(InotifyTest::isInotify).toList()) {
        Path info = Path.of("/proc/self/fdinfo", each.getFileName().toString());
        try (Stream<String> lines = Files.lines(info)) {
          count += lines.filter(line -> line.startsWith("inotify wd:")).count();
        }
      }
    }
    return count;
  }

  private static long instances() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.filter(InotifyTest::isInotify).count();
    }
  }

  private static boolean isInotify(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().contains("inotify");
    } catch (IOException e) {
      return false; // closed meanwhile
    }
  }

  @Test
  void shouldLookFromTimeToTimeIfAskedTo() {
    run(() -> {
      WatchOptions polling = DEEP.polling(true).pollInterval(Duration.ofMillis(10));
      try (Watcher watcher = Watcher.open(root, polling)) {
        assertThat(instances()).isZero();
        Path made = Files.createDirectories(root.resolve("a/b"));
        assertThat(watcher.next().path()).isEqualTo(root.resolve("a"));
        assertThat(watcher.next().path()).isEqualTo(made);
        assertThatThrownBy(() -> Watcher.open(root.resolve("none"), polling))
            .hasMessageContaining("ENOENT");
      }
    });
  }
}
