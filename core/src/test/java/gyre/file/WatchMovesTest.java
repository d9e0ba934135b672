package gyre.file;

import gyre.Fiber;
import gyre.Loops;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxNames;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Directories that move quickly, one after the other: into the tree, out of it, over each other, in
 * exchange for each other, below those that move as well. At rest a watcher has told what is there,
 * tells of what is made in each directory, and the kernel keeps one watch for each. {@code
 * -Dgyre.test.seed=N} makes other moves.
 */
@EnabledOnOs(OS.LINUX)
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WatchMovesTest {
  private static final WatchOptions DEEP = WatchOptions.defaults().recursive(true);

  /** So few that they meet each other often. */
  private static final List<String> NAMES = List.of("a", "b", "c", "d");

  private static final int SEEDS = 4;
  private static final int ROUNDS = 4;
  private static final int CHANGES = 150;
  private static final int PAUSE_NANOS = 3_000_000;

  @Parameter String engine = "";
  @TempDir Path temp = Path.of("");
  private Path root = Path.of("");
  private Path outside = Path.of("");

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(temp.resolve("root"));
    outside = Files.createDirectory(temp.resolve("outside"));
  }

  static LongStream seeds() {
    long first = Long.getLong("gyre.test.seed", 1);
    return LongStream.range(first, first + SEEDS);
  }

  /** Two watchers of one tree, or of two trees that directories move between. */
  @ParameterizedTest
  @MethodSource("seeds")
  void shouldKnowWhatIsThereAfterRandomMoves(long seed) {
    Random random = new Random(seed);
    int queueLimit = seed % 3 == 0 ? 16 : 16_384;
    Path second = seed % 2 == 0 ? outside : root;
    Loops.run(
        engine,
        () -> {
          try (Watcher watcher = Watcher.open(root, DEEP.queueLimit(queueLimit));
              Watcher other = Watcher.open(second, DEEP)) {
            List<Follower> followers = List.of(new Follower(watcher), new Follower(other));
            for (int round = 0; round < ROUNDS; round++) {
              Fiber<?> changing = Fiber.start(() -> Fiber.offload(() -> change(random)));
              while (changing.isAlive()) {
                followers.forEach(Follower::poll);
                Fiber.yield();
              }
              follow(followers);
              int directories = touchEach(root, round);
              directories += second.equals(root) ? 0 : touchEach(outside, round);
              follow(followers);
              InotifyTest.awaitWatches(directories);
            }
          }
        });
  }

  private record Follower(Watcher watcher, WatchModel model) {
    Follower(Watcher watcher) throws IOException {
      this(watcher, WatchModel.of(watcher.directory()));
    }

    void poll() {
      watcher.poll().ifPresent(model::apply);
    }
  }

  private static void follow(List<Follower> followers) throws IOException {
    for (Follower each : followers) {
      each.model.follow(each.watcher, each.watcher.directory());
    }
  }

  /** Makes a file in each directory, and counts them. */
  private static int touchEach(Path top, int round) throws IOException {
    int count = 0;
    try (Stream<Path> all = Files.walk(top)) {
      for (Path each : all.filter(Files::isDirectory).toList()) {
        Files.writeString(each.resolve("round" + round), "x");
        count++;
      }
    }
    return count;
  }

  private boolean change(Random random) throws IOException {
    for (int i = 0; i < CHANGES; i++) {
      try {
        changeOnce(random);
      } catch (IOException refused) {
        // There is no such thing, it is not empty, or would move below itself: as good as any.
      }
      if (random.nextInt(8) == 0) {
        LockSupport.parkNanos(random.nextInt(PAUSE_NANOS)); // the watcher has it half done
      }
    }
    if (!Files.exists(root)) {
      Files.createDirectory(root);
    }
    return true;
  }

  private void changeOnce(Random random) throws IOException {
    Path path = inside(random);
    Path away = outside.resolve(name(random));
    switch (random.nextInt(25)) {
      case 0, 1, 2 ->
          Files.writeString(path, "x", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      case 3, 4, 5, 6 -> Files.createDirectory(path);
      case 7 -> Files.createDirectories(path.resolve("a/b"));
      case 8, 9, 10, 11, 12 -> move(inside(random), path);
      case 13, 14 -> move(path, away);
      case 15, 16 -> move(away, path);
      case 17 -> Files.delete(path);
      case 18 -> Files.writeString(Files.createDirectory(away).resolve(name(random)), "x");
      case 19 -> deleteTree(path);
      case 20, 21, 22 -> exchange(inside(random), path);
      case 23 -> exchange(path, away);
      default -> replaceRoot(random, away);
    }
  }

  private void replaceRoot(Random random, Path away) throws IOException {
    if (random.nextInt(3) > 0) {
      move(root, outside.resolve(name(random)));
    }
    if (random.nextBoolean()) {
      move(away, root);
    } else {
      Files.createDirectory(root);
    }
  }

  private Path inside(Random random) {
    Path path = root;
    int depth = 1 + random.nextInt(3);
    for (int i = 0; i < depth; i++) {
      path = path.resolve(name(random));
    }
    return path;
  }

  private static String name(Random random) {
    return NAMES.get(random.nextInt(NAMES.size()));
  }

  private static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Refused where the file system knows no exchange. */
  private static void exchange(Path one, Path other) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int result =
          LinuxNames.renameat2(
              new CallState(arena),
              LinuxFiles.AT_FDCWD,
              arena.allocateFrom(one.toString()).address(),
              LinuxFiles.AT_FDCWD,
              arena.allocateFrom(other.toString()).address(),
              LinuxNames.RENAME_EXCHANGE);
      if (result < 0) {
        throw new IOException("errno " + -result);
      }
    }
  }

  private static void deleteTree(Path top) throws IOException {
    try (Stream<Path> all = Files.walk(top)) {
      for (Path each : all.toList().reversed()) {
        Files.delete(each);
      }
    }
  }
}
