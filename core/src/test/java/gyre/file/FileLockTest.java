package gyre.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import gyre.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Locks on ranges of files. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FileLockTest {
  private static final OpenOptions OPEN = OpenOptions.readingAndWriting().create(true);
  private static final int PAGES = 8;

  @Parameter private String engine = "";
  @TempDir private Path directory = Path.of("");

  private interface Body {
    void run(File one, File other) throws Exception;
  }

  /** Two open files that lead to the same one. */
  private void with(Body body) {
    Path path = directory.resolve("file");
    Task task =
        () -> {
          try (File one = File.open(path, OPEN);
              File other = File.open(path, OPEN)) {
            body.run(one, other);
          }
        };
    Loops.run(engine, task);
  }

  @Test
  void shouldLockRangesEachByItself() {
    with((one, other) -> {
      FileLock first = one.lock(0, 100);
      FileLock second = one.lock(100, 100);
      assertThat(other.tryLock(99, 1)).isNull();
      assertThat(other.tryLock(150, 0)).isNull();
      assertThat(other.tryLock()).isNull();
      try (FileLock beyond = other.lock(200, 0)) {
        assertThat(beyond.isHeld()).isTrue();
        assertThat(one.tryLock(1_000_000, 1)).isNull();
      }
      first.close();
      first.close();
      assertThat(first.isHeld()).isFalse();
      assertThat(other.tryLock(150, 1)).isNull();
      try (FileLock taken = other.lock(0, 100)) {
        assertThat(taken).hasToString("lock on 100 bytes at 0 of " + other.path());
      }
      second.close();
      try (FileLock all = other.lock()) {
        assertThat(all.isHeld()).isTrue();
      }
    });
  }

  @Test
  void shouldShareWhatOthersShareToo() {
    assumeFalse(engine.equals("nio"), "one process holds a lock once");
    with((one, other) -> {
      try (FileLock mine = one.lockShared(10, 10);
          FileLock yours = other.lockShared(15, 10)) {
        assertThat(mine.isHeld() && yours.isHeld()).isTrue();
        try (File third = File.open(directory.resolve("file"), OPEN)) {
          assertThat(third.tryLock(12, 1)).isNull();
          FileLock beside = third.tryLockShared(12, 1);
          assertThat(beside).isNotNull();
        }
      }
    });
  }

  @Test
  void shouldRefuseToLockTwiceByOneFile() {
    with((one, other) -> {
      try (FileLock lock = one.lock(10, 10)) {
        assertThat(lock.isHeld()).isTrue();
        assertThatThrownBy(() -> one.tryLockShared(19, 5))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("has a lock on 10 bytes at 10")
            .hasMessageContaining("open it once more");
        assertThatThrownBy(one::lock).isInstanceOf(IllegalStateException.class);
      }
      assertThatThrownBy(() -> one.lock(-1, 5)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> one.lock(Long.MAX_VALUE, 5))
          .isInstanceOf(IllegalArgumentException.class);
    });
  }

  @Test
  void shouldHaveNoLockWhenTheWaitForItIsCancelled() {
    with((one, other) -> {
      FileLock lock = one.lock(0, 10);
      try (Scope scope = Scope.open("waiter")) {
        scope.start(
            "waiter",
            () -> {
              try (FileLock never = other.lock(5, 1)) {
                throw new AssertionError("there was a lock in the way of " + never);
              }
            });
        Fiber.yield();
        scope.cancel("enough");
        scope.join();
      } catch (CancelledException expected) {
        assertThat(expected).hasMessageContaining("enough");
      }
      lock.close();
      try (FileLock all = one.lock()) {
        assertThat(all.isHeld()).isTrue();
      }
    });
  }

  /** Each page is one fiber's at a time, whatever the others do. */
  @Test
  void shouldKeepOthersOutOfARange() {
    assumeFalse(engine.equals("nio"), "a lock there is the process's");
    long seed = Long.getLong("gyre.test.seed", 4711);
    Path path = directory.resolve("file");
    Loops.run(
        engine,
        () -> {
          int[] holders = new int[PAGES];
          List<Fiber<?>> fibers = new ArrayList<>();
          for (int i = 0; i < 6; i++) {
            Random random = new Random(seed + i);
            fibers.add(
                Fiber.start(() -> {
                  try (File file = File.open(path, OPEN)) {
                    for (int round = 0; round < 20; round++) {
                      int page = random.nextInt(PAGES);
                      try (FileLock lock = file.lock(page * 4096L, 4096)) {
                        assertThat(++holders[page]).as("seed %s", seed).isEqualTo(1);
                        Fiber.yield();
                        assertThat(lock.isHeld()).isTrue();
                        holders[page]--;
                      }
                    }
                  }
                }));
          }
          fibers.forEach(Fiber::join);
        });
  }
}
