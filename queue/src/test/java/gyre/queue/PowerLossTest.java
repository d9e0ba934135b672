package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a loss of power takes: all that was not synced. The calls of a process that enqueues are
 * recorded, and a model of the device says what has survived at each of them; and renames that a
 * worker never syncs are undone, in all mixtures.
 */
@Timeout(180)
class PowerLossTest {
  private static final int ENTRIES = 24;

  @TempDir Path directory;

  // ---- what enqueue promises

  /**
   * Enqueues in all ways, and says by the making of a directory when one has returned; and gives up
   * one, with the reason beside it.
   */
  static final class Syncing {
    static final List<Job> TOGETHER =
        List.of(
            Job.sql("SELECT 1"),
            Job.sql("SELECT 1").uniqueKey("l"),
            Job.sql("SELECT 1").in(java.time.Duration.ofHours(1)),
            Job.sql("SELECT 1").uniqueKey("m"),
            Job.sql("SELECT 1"));

    private Syncing() {}

    public static void main(String[] arguments) throws IOException {
      Path directory = Path.of(arguments[0]);
      Queue queue = Queue.open(directory.resolve("queue"));
      List<Job> jobs =
          List.of(
              Job.sql("SELECT 1"),
              Job.sql("SELECT 1").uniqueKey("k"),
              Job.sql("SELECT 1").in(java.time.Duration.ofHours(1)));
      for (Job each : jobs) {
        Enqueued job = queue.enqueue(each);
        Files.createDirectory(directory.resolve("returned-" + job.id()));
      }
      for (Enqueued each : queue.enqueueAll(TOGETHER)) {
        Files.createDirectory(directory.resolve("returned-" + each.id()));
      }
      Spool spool = queue.spool();
      Path file = spool.processing.resolve("5_1@w0");
      Spool.writeNew(file, new byte[] {'x'});
      spool.fail(file, "5_1", new Failure("x", "why", 1, java.time.Instant.EPOCH));
    }
  }

  /** What the device has: names of directories that were synced, and files whose bytes were. */
  private static final class Device {
    final Map<String, String> names = new HashMap<>(); // path → file, as the kernel has it
    final Map<String, String> survive = new HashMap<>(); // the same, as of the last sync
    final Set<String> written = new HashSet<>(); // files with bytes that are not synced
    final List<String> faults = new ArrayList<>();
    final List<String> syncs = new ArrayList<>(); // of directories, in their order

    void created(String path) {
      names.put(path, path);
      written.add(path);
    }

    void synced(String path) {
      String file = names.get(path);
      if (file != null) {
        written.remove(file);
        return;
      }
      syncs.add(path.substring(path.lastIndexOf('/') + 1));
      names.forEach((name, target) -> {
        if (directoryOf(name).equals(path)) {
          survive.put(name, target);
        }
      });
    }

    void renamed(String from, String to, boolean isLink) {
      String file = names.getOrDefault(from, from);
      if (written.contains(file)) {
        faults.add(to + " may be there without its content");
      }
      names.put(to, file);
      if (!isLink) {
        names.remove(from);
      }
    }

    /** An entry of that id is said to be in the queue. */
    void returned(String id) {
      boolean isThere =
          survive.keySet().stream()
              .anyMatch(name -> name.contains(id) && !directoryOf(name).endsWith("/tmp"));
      if (!isThere) {
        faults.add(id + " would be lost");
      }
    }

    static String directoryOf(String path) {
      return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }
  }

  private static final Pattern OPEN =
      Pattern.compile("^\\d+ +openat\\(AT_FDCWD, \"([^\"]+)\", ([A-Z_|]+).*= (\\d+)$");
  private static final Pattern SYNC = Pattern.compile("^\\d+ +f(?:data)?sync\\((\\d+)\\) += 0$");
  private static final Pattern MOVE =
      Pattern.compile("^\\d+ +(rename|link)\\(\"([^\"]+)\", \"([^\"]+)\"\\) += 0$");
  private static final Pattern MAKE = Pattern.compile("^\\d+ +mkdir\\(\"([^\"]+)\",.*= 0$");

  @Test
  void shouldHaveEntriesAndReasonsOnTheDeviceBeforeTheyAreTold() throws Exception {
    Path calls = directory.resolve("calls.txt");
    assumeTrue(TestJvm.canTrace(), "SKIPPED: strace is not there, or may not trace");
    List<String> recorder =
        List.of(
            "strace",
            "-f",
            "-qq",
            "--seccomp-bpf",
            "-s",
            "4096",
            "-e",
            "trace=openat,fsync,fdatasync,rename,link,mkdir",
            "-o",
            calls.toString());
    try (TestJvm jvm =
        TestJvm.start(
            recorder,
            List.of(),
            directory.resolve("output.txt"),
            Syncing.class,
            directory.toString())) {
      assertThat(jvm.awaitEnd()).isZero();
    }
    Device device = replayed(Files.readAllLines(calls));
    assertThat(device.faults).isEmpty(); // such as a reason that has its name, and no content yet
    assertThat(directory.resolve("queue/failed/5_1.error")).content().contains("why");
    assertThat(device.survive.keySet().stream().filter(each -> each.contains("/pending/")))
        .hasSize(6);
    assertThat(device.survive.keySet().stream().filter(each -> each.contains("/unique/")))
        .hasSize(3);
    assertThat(device.survive.keySet().stream().filter(each -> each.contains("/delayed/")))
        .hasSize(2);
    assertThat(device.syncs)
        .as("three one by one, and five together")
        .containsSubsequence(
            "pending", "unique", "pending", "delayed", "unique", "pending", "delayed")
        .filteredOn(List.of("pending", "delayed", "unique")::contains)
        .hasSize(7);
  }

  private Device replayed(List<String> calls) {
    Device device = new Device();
    Map<String, String> open = new HashMap<>();
    for (String each : calls) {
      Matcher opened = OPEN.matcher(each);
      Matcher synced = SYNC.matcher(each);
      Matcher moved = MOVE.matcher(each);
      Matcher made = MAKE.matcher(each);
      if (opened.matches() && opened.group(1).startsWith(directory.toString())) {
        open.put(opened.group(3), opened.group(1));
        if (opened.group(2).contains("O_CREAT")) {
          device.created(opened.group(1));
        }
      } else if (opened.matches()) {
        open.remove(opened.group(3));
      } else if (synced.matches() && open.containsKey(synced.group(1))) {
        device.synced(open.get(synced.group(1)));
      } else if (moved.matches()) {
        device.renamed(moved.group(2), moved.group(3), moved.group(1).equals("link"));
      } else if (made.matches() && made.group(1).contains("/returned-")) {
        device.returned(made.group(1).substring(made.group(1).indexOf("/returned-") + 10));
      }
    }
    return device;
  }

  // ---- what a worker has moved

  /** Where a file is found again whose way to {@code completed/} was not on the device. */
  private enum Survived {
    MOVED,
    CLAIMED,
    WAITING,
    /** A link was made and the old name was not yet gone. */
    TWICE
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void shouldLoseAndDoubleNothingWhateverRenamesAreUndone(long seed) throws Exception {
    Random random = new Random(seed);
    WorkerRig rig = new WorkerRig(directory);
    rig.query("CREATE TABLE t (n INTEGER)");
    for (int i = 0; i < ENTRIES; i++) {
      rig.drop("5_" + i, "{\"sql\": \"INSERT INTO t VALUES (" + i + ")\"}");
    }
    rig.once();
    assertThat(WorkerRig.names(rig.spool.completed)).hasSize(ENTRIES);
    Set<Survived> seen = new HashSet<>();
    for (String name : WorkerRig.names(rig.spool.completed)) {
      Survived survived = Survived.values()[random.nextInt(Survived.values().length)];
      seen.add(survived);
      undo(rig.spool, name, survived);
    }
    assertThat(seen).hasSize(Survived.values().length);
    rig.once();
    rig.once(); // what was replayed was given back
    assertThat(rig.query("SELECT count(*) || '/' || count(DISTINCT n) FROM t"))
        .containsExactly(ENTRIES + "/" + ENTRIES);
    for (Path each : List.of(rig.spool.pending, rig.spool.processing, rig.spool.failed)) {
      assertThat(WorkerRig.names(each)).isEmpty();
    }
  }

  private static void undo(Spool spool, String name, Survived survived) throws IOException {
    Path done = spool.completed.resolve(name);
    Path claimed = spool.processing.resolve(name + "@w0");
    Path waiting = spool.pending.resolve(name);
    switch (survived) {
      case MOVED -> {}
      case CLAIMED -> Files.move(done, claimed);
      case WAITING -> Files.move(done, waiting);
      case TWICE -> {
        Files.createLink(waiting, done);
        Files.move(done, claimed);
      }
    }
  }
}
