package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.CancelledException;
import gyre.ClosedException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.ShutdownOptions;
import gyre.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds wherever the changes are known from: the kernel, or by looking. */
@Tag("fiber-modes-0")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WatcherTest {
  private static final WatchOptions DEEP =
      WatchOptions.defaults().recursive(true).pollInterval(Duration.ofMillis(10));

  @Parameter String engine = "";
  @TempDir Path temp = Path.of("");
  private Path root = Path.of("");

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(temp.resolve("root"));
  }

  private void run(Task main) {
    Loops.run(engine, main);
  }

  private static void touch(Path file) throws IOException {
    Files.writeString(file, "x");
  }

  private static void deleteTree(Path top) throws IOException {
    try (Stream<Path> all = Files.walk(top)) {
      for (Path each : all.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(each);
      }
    }
  }

  @Test
  void shouldTellOfCreationWritingAndDeletion() {
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP)) {
        WatchModel model = WatchModel.of(root);
        Path file = root.resolve("file");
        touch(file);
        assertThat(model.await(watcher, WatchEvent.Created.class))
            .isEqualTo(new WatchEvent.Created(file, false));
        Files.writeString(file, "more than it was");
        assertThat(model.await(watcher, WatchEvent.Written.class).path()).isEqualTo(file);
        Files.delete(file);
        assertThat(model.await(watcher, WatchEvent.Deleted.class))
            .isEqualTo(new WatchEvent.Deleted(file, false));
        Path directory = Files.createDirectory(root.resolve("directory"));
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Created(directory, true));
      }
    });
  }

  /** By the kernel, or by what the JDK has of it. */
  @Test
  void shouldNotWaitUntilItLooksNextTime() {
    WatchOptions rare = DEEP.pollInterval(Duration.ofDays(1));
    run(() -> {
      try (Watcher watcher = Watcher.open(root, rare)) {
        WatchModel model = WatchModel.of(root);
        Path below = Files.createDirectory(root.resolve("below"));
        assertThat(model.await(watcher, WatchEvent.Created.class))
            .isEqualTo(new WatchEvent.Created(below, true));
        Path file = below.resolve("file");
        touch(file);
        assertThat(model.await(watcher, WatchEvent.Created.class).path()).isEqualTo(file);
        Files.writeString(file, "more of it");
        assertThat(model.await(watcher, WatchEvent.Written.class).path()).isEqualTo(file);
        Files.delete(file);
        assertThat(model.await(watcher, WatchEvent.Deleted.class).path()).isEqualTo(file);
      }
    });
  }

  @Test
  void shouldTellNothingOfWhatWasThereUnlessAsked() throws IOException {
    touch(root.resolve("old"));
    touch(Files.createDirectory(root.resolve("directory")).resolve("below"));
    run(() -> {
      try (Watcher quiet = Watcher.open(root, DEEP);
          Watcher asked = Watcher.open(root, DEEP.existing(true))) {
        WatchModel model = new WatchModel();
        model.follow(asked, root);
        touch(root.resolve("new"));
        assertThat(WatchModel.of(root).await(quiet, WatchEvent.Created.class).path())
            .isEqualTo(root.resolve("new"));
        assertThat(model.await(asked, WatchEvent.Created.class).path())
            .isEqualTo(root.resolve("new"));
      }
    });
  }

  @Test
  void shouldFollowATreeThatGrowsQuickly() {
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP)) {
        WatchModel model = WatchModel.of(root);
        Fiber.offload(() -> grow(root, 3));
        model.follow(watcher, root);
        assertThat(model.events).noneMatch(e -> e instanceof WatchEvent.Overflowed);
        Fiber.offload(() -> {
          deleteTree(root.resolve("0"));
          return true;
        });
        model.follow(watcher, root);
      }
    });
  }

  private static boolean grow(Path below, int depth) throws IOException {
    for (int i = 0; i < 6; i++) {
      Path directory = Files.createDirectory(below.resolve("" + i));
      touch(directory.resolve("file"));
      if (depth > 1) {
        grow(directory, depth - 1);
      }
    }
    return true;
  }

  @Test
  void shouldTellOfTheDirectoryItselfAloneUnlessItIsRecursive() {
    run(() -> {
      WatchOptions flat = DEEP.recursive(false);
      try (Watcher watcher = Watcher.open(root, flat)) {
        Path directory = Files.createDirectory(root.resolve("directory"));
        assertThat(watcher.next().path()).isEqualTo(directory);
        touch(directory.resolve("below"));
        touch(root.resolve("file"));
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Created(root.resolve("file"), false));
      }
    });
  }

  @Test
  void shouldLeaveOutWhatIsExcluded() {
    run(() -> {
      WatchOptions some = DEEP.exclude(path -> path.endsWith("skip"));
      try (Watcher watcher = Watcher.open(root, some)) {
        Path skipped = Files.createDirectory(root.resolve("skip"));
        touch(skipped.resolve("below"));
        touch(root.resolve("file"));
        assertThat(watcher.next().path()).isEqualTo(root.resolve("file"));
      }
    });
  }

  @Test
  void shouldTellThatTheDirectoryIsGoneAndThatItIsBack() {
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP)) {
        for (int round = 0; round < 3; round++) {
          WatchModel model = WatchModel.of(root);
          deleteTree(root);
          assertThat(model.await(watcher, WatchEvent.Lost.class))
              .isEqualTo(new WatchEvent.Lost(root, WatchEvent.Reason.DELETED, ""));
          Files.createDirectory(root);
          assertThat(watcher.next()).isEqualTo(new WatchEvent.Returned(root));
          touch(root.resolve("file" + round));
          model.follow(watcher, root);
        }
      }
    });
  }

  @Test
  void shouldNoticeThatTheDirectoryIsBackWithItsParents() throws IOException {
    Path deep = Files.createDirectories(root.resolve("a/b/c"));
    run(() -> {
      try (Watcher watcher = Watcher.open(deep, DEEP)) {
        WatchModel model = WatchModel.of(deep);
        deleteTree(root);
        WatchEvent.Lost lost = model.await(watcher, WatchEvent.Lost.class);
        assertThat(lost.path()).isEqualTo(deep);
        Files.createDirectories(deep);
        touch(deep.resolve("file"));
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Returned(deep));
        model.follow(watcher, deep);
      }
    });
  }

  @Test
  void shouldTellOfAnOverflowAndThenOfEverythingThatWasMissed() {
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP.queueLimit(10))) {
        WatchModel model = WatchModel.of(root);
        for (int i = 0; i < 100; i++) {
          touch(root.resolve("file" + i));
        }
        WatchEvent.Overflowed overflowed = model.await(watcher, WatchEvent.Overflowed.class);
        assertThat(overflowed).isEqualTo(new WatchEvent.Overflowed(root, WatchEvent.Queue.WATCHER));
        model.follow(watcher, root);
        model.await(watcher, WatchEvent.Rescanned.class);
        touch(root.resolve("last"));
        model.follow(watcher, root);
      }
    });
  }

  @Test
  void shouldTellAfterAnOverflowWhatWasWritten() throws IOException {
    Path file = root.resolve("file");
    touch(file);
    run(() -> {
      try (Watcher watcher = Watcher.open(root, DEEP.queueLimit(1))) {
        WatchModel model = WatchModel.of(root);
        for (int i = 0; i < 10; i++) {
          Files.delete(touched(root.resolve("other" + i)));
          touch(root.resolve("stays" + i));
        }
        Files.writeString(file, "written unseen");
        model.await(watcher, WatchEvent.Overflowed.class);
        boolean isTold = false;
        while (!isTold) {
          WatchEvent event = watcher.next();
          model.apply(event);
          isTold = event.equals(new WatchEvent.Written(file));
        }
        model.follow(watcher, root);
      }
    });
  }

  private static Path touched(Path file) throws IOException {
    touch(file);
    return file;
  }

  @Test
  void shouldGatherWhatHappensToOneFile() {
    run(() -> {
      WatchOptions gathering = DEEP.coalesce(Duration.ofMillis(200));
      try (Watcher watcher = Watcher.open(root, gathering)) {
        Path file = root.resolve("file");
        touch(file);
        Files.writeString(file, "again");
        Files.delete(touched(root.resolve("passing")));
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Created(file, false));
        Files.delete(file);
        assertThat(WatchModel.of(root).await(watcher, WatchEvent.Deleted.class).path())
            .isEqualTo(file);
      }
    });
  }

  @Test
  void shouldTellInPushStyle() {
    List<Path> told = new ArrayList<>();
    run(() -> {
      Watcher watcher = Watcher.open(root, DEEP);
      watcher.onEvent(event -> {
        told.add(event.path());
        if (told.size() == 2) {
          watcher.close();
        }
      });
      assertThatThrownBy(watcher::next).isInstanceOf(IllegalStateException.class);
      Files.createDirectory(root.resolve("first"));
      Files.createDirectory(root.resolve("last"));
    });
    assertThat(told).containsExactlyInAnyOrder(root.resolve("first"), root.resolve("last"));
  }

  @Test
  void shouldRefuseWhatIsNoDirectory() throws IOException {
    touch(root.resolve("file"));
    run(() -> {
      assertThatThrownBy(() -> Watcher.open(root.resolve("none")))
          .isInstanceOf(WatchException.class)
          .hasMessageStartingWith("watch " + root.resolve("none") + ": ENOENT");
      assertThatThrownBy(() -> Watcher.open(root.resolve("file")))
          .isInstanceOf(WatchException.class)
          .hasMessageContaining("ENOTDIR (not a directory): watch the directory that it is in");
    });
  }

  @Test
  void shouldNotLetASmallTreeWaitForALargeOne() throws IOException {
    Path large = Files.createDirectory(temp.resolve("large"));
    for (int i = 0; i < 1500; i++) {
      Files.createDirectory(large.resolve("" + i));
    }
    run(() -> {
      boolean[] isLargeOpen = {false};
      Fiber<?> opening =
          Fiber.start(() -> {
            try (Watcher watcher = Watcher.open(large, DEEP)) {
              isLargeOpen[0] = watcher.isOpen();
            }
          });
      Fiber.yield();
      for (int i = 0; i < 3; i++) {
        try (Watcher small = Watcher.open(root, DEEP)) {
          assertThat(small.isOpen()).isTrue();
        }
      }
      assertThat(isLargeOpen[0]).as("the large one was done first").isFalse();
      opening.join();
      assertThat(isLargeOpen[0]).isTrue();
    });
  }

  /** Deleted, made again, and replaced by a rename, as editors do. */
  @Test
  void shouldWatchOneFileWhateverHasItsName() {
    run(() -> {
      Path file = root.resolve("settings");
      WatchOptions flat = DEEP.recursive(false);
      try (Watcher watcher = Watcher.openFile(file, flat)) {
        WatchModel model = new WatchModel();
        touch(root.resolve("other"));
        touch(file);
        assertThat(watcher.next()).isEqualTo(new WatchEvent.Created(file, false));
        model.apply(new WatchEvent.Created(file, false));
        Path next = root.resolve("settings.new");
        Files.writeString(next, "replaces it");
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        assertThat(model.await(watcher, WatchEvent.Written.class).path()).isEqualTo(file);
        Files.writeString(file, "written in place, of another length");
        assertThat(model.await(watcher, WatchEvent.Written.class).path()).isEqualTo(file);
        Files.move(file, root.resolve("settings~"), StandardCopyOption.ATOMIC_MOVE);
        assertThat(model.await(watcher, WatchEvent.Deleted.class).path()).isEqualTo(file);
        touch(file);
        assertThat(model.await(watcher, WatchEvent.Created.class).path()).isEqualTo(file);
        assertThat(model.events).allMatch(event -> event.path().equals(file));
        assertThat(watcher.name()).contains("settings");
      }
    });
  }

  @Test
  void shouldRefuseToWatchBelowAFile() {
    run(() -> {
      assertThatThrownBy(() -> Watcher.openFile(root.resolve("file"), DEEP))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("recursive must be off");
      assertThatThrownBy(() -> Watcher.openFile(root.resolve("none/file")))
          .isInstanceOf(WatchException.class)
          .hasMessageContaining("ENOENT");
    });
  }

  @Test
  void shouldTellTheFiberThatWaitsOfTheClose() {
    run(() -> {
      Watcher watcher = Watcher.open(root, DEEP);
      Throwable[] thrown = new Throwable[1];
      Fiber<?> waiting =
          Fiber.start(() -> {
            try {
              watcher.next();
            } catch (ClosedException e) {
              thrown[0] = e;
            }
          });
      Fiber.yield();
      watcher.close();
      waiting.join();
      assertThat(thrown[0]).hasMessageContaining("waiting for changes by watcher-");
    });
  }

  @Test
  void shouldEndWithTheLoop() {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      loop.run(() -> {
        Watcher pushed = Watcher.open(root, DEEP);
        pushed.onEvent(event -> {});
        Watcher watcher = Watcher.open(root, DEEP);
        loop.shutdown(ShutdownOptions.defaults().drain(Duration.ofDays(1)));
        assertThatThrownBy(watcher::next).isInstanceOf(CancelledException.class);
        watcher.close();
      });
      Loops.assertNothingLeft(loop);
    }
  }

  @Test
  void shouldEndWithItsScopeWhileItIsOpened() {
    run(() -> {
      for (int i = 0; i < 20; i++) {
        Fiber<?> opening =
            Fiber.start(() -> {
              try (Watcher watcher = Watcher.open(root, DEEP)) {
                assertThat(watcher.isOpen()).isTrue();
              }
            });
        Watcher other = Watcher.open(root, DEEP);
        other.close();
        opening.join();
      }
    });
  }

  /**
   * Random changes by somebody else: who believes the events knows what is there in the end. {@code
   * -Dgyre.test.seed=N} makes other ones, and a failure tells which.
   */
  @Test
  void shouldTellEnoughToKnowWhatIsThereAfterRandomChanges() {
    long seed = Long.getLong("gyre.test.seed", 4711);
    run(() -> {
      for (int limit : new int[] {16_384, 8}) {
        try (Watcher watcher = Watcher.open(root, DEEP.queueLimit(limit))) {
          WatchModel model = WatchModel.of(root);
          Random random = new Random(seed);
          for (int round = 0; round < 10; round++) {
            Fiber<?> changing = Fiber.start(() -> Fiber.offload(() -> change(random)));
            while (changing.isAlive()) {
              watcher.poll().ifPresent(model::apply);
              Fiber.yield();
            }
            model.follow(watcher, root);
          }
        } catch (Throwable e) {
          throw new AssertionError("seed " + seed, e);
        }
      }
    });
  }

  private boolean change(Random random) throws IOException {
    for (int i = 0; i < 50; i++) {
      List<Path> all = new ArrayList<>(WatchModel.there(root));
      List<Path> directories = new ArrayList<>(all.stream().filter(Files::isDirectory).toList());
      directories.add(root);
      Path target =
          directories.get(random.nextInt(directories.size())).resolve("" + random.nextInt(6));
      Path some = all.isEmpty() ? root : all.get(random.nextInt(all.size()));
      switch (random.nextInt(6)) {
        case 0 -> createUnlessThere(target);
        case 1, 2 -> touchUnlessDirectory(target);
        case 3 -> {
          if (!some.equals(root)) {
            deleteTree(some);
          }
        }
        default -> {
          if (!some.equals(root) && !target.startsWith(some) && !Files.exists(target)) {
            Files.move(some, target, StandardCopyOption.ATOMIC_MOVE);
          }
        }
      }
    }
    return true;
  }

  private static void createUnlessThere(Path target) throws IOException {
    if (!Files.exists(target) && target.getNameCount() < 12) {
      Files.createDirectory(target);
    }
  }

  private static void touchUnlessDirectory(Path target) throws IOException {
    if (!Files.isDirectory(target)) {
      touch(target);
    }
  }
}
