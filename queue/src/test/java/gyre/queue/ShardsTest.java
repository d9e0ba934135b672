package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Loop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A queue in shards keeps all promises of one that has none, and some of its own. */
@Timeout(180)
class ShardsTest extends BackendConformance {
  private static final int COUNT = 3;

  @Override
  Backend open() {
    return Backend.shards(directory, COUNT);
  }

  /** Of all databases, which are told apart by nobody who looks from outside. */
  @Override
  List<String> query(String sql) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < COUNT; i++) {
      Path file = directory.resolve("shards/" + i + "/queue.db");
      try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
          Statement statement = connection.createStatement()) {
        if (statement.execute(sql)) {
          try (ResultSet rows = statement.getResultSet()) {
            while (rows.next()) {
              values.add(rows.getString(1));
            }
          }
        }
      } catch (java.sql.SQLException e) {
        throw new AssertionError(sql, e);
      }
    }
    return sql.endsWith("ORDER BY n") ? values.stream().sorted().toList() : values;
  }

  @Override
  Path workerDirectory() {
    return directory;
  }

  @Override
  String insertOrder() {
    return "rowid";
  }

  @Override
  @Test
  void shouldServeByPriorityThenInOrder() {
    // within a shard, which is a queue without shards
    assertThat(Shards.of(directory)).isPresent();
  }

  @Test
  void shouldKeepTheNumberOfShards() {
    assertThatThrownBy(() -> Backend.shards(directory, COUNT + 1))
        .isInstanceOf(QueueException.class)
        .hasMessageContaining("it has 3");
    assertThat(Backend.spool(directory)).isInstanceOf(ShardedBackend.class);
  }

  @Test
  void shouldRouteFilesOfOthersByIdAndTellWhyOneIsRefused() throws IOException {
    for (int i = 0; i < 20; i++) {
      Files.writeString(
          directory.resolve("pending/5_" + i),
          "{\"id\": \"same " + i % 10 + "\", \"sql\": \"INSERT INTO t VALUES (" + i % 10 + ")\"}");
    }
    Files.writeString(directory.resolve("pending/5_bad"), "{\"sql\": 1}");
    once();
    assertThat(query("SELECT n FROM t ORDER BY n"))
        .containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    assertThat(queue.operations().counts().failed()).isEqualTo(1);
    assertThat(queue.operations().counts().pending()).isZero();
  }

  /** An id of that shard. */
  private String idOf(int shard) {
    Shards shards = new Shards(directory, COUNT);
    return java.util.stream.IntStream.range(0, 1000)
        .mapToObj(i -> "id " + i)
        .filter(each -> shards.shardOf(each) == shard)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void shouldComeBackToAShardThoughACallOfAnotherOneHasTimedOut() throws Exception {
    queue.enqueue(Job.of("undoes", 1).id(idOf(COUNT - 1)));
    // Before its time is over: what comes later is for the next worker.
    onceWithALateEnd(() -> queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").id(idOf(0))));
    assertThat(query("SELECT n FROM t")).containsExactly("1");
  }

  @Test
  void shouldSpreadEntriesEvenly() {
    int[] counts = new int[COUNT];
    Shards shards = new Shards(directory, COUNT);
    for (int i = 0; i < 3000; i++) {
      counts[shards.shardOf("entry " + i)]++;
    }
    assertThat(java.util.Arrays.stream(counts).allMatch(each -> each > 800 && each < 1200))
        .isTrue();
  }

  @Test
  void shouldShareShardsAmongProcessesAndTakeOverThoseOfOneThatIsKilled() throws Exception {
    List<Process> processes = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        processes.add(process(i));
      }
      // One each, unless a process starts so late that others have taken its turn.
      WorkerRig.await("each has a worker", () -> queue.operations().workers().size() == COUNT);
      enqueue(0, 100);
      WorkerRig.await("all are done", () -> query("SELECT n FROM t").size() == 100);
      enqueue(100, 200);
      Object killed = pids().getFirst();
      for (Process each : processes) {
        if (killed.equals(String.valueOf(each.pid()))) {
          each.destroyForcibly().waitFor();
        }
      }
      WorkerRig.await("all are done", () -> query("SELECT n FROM t").size() == 300);
      WorkerRig.await(
          "its shard has another",
          () -> queue.operations().workers().size() == COUNT && !pids().contains(killed));
      assertThat(query("SELECT n FROM t ORDER BY n")).doesNotHaveDuplicates();
    } finally {
      for (Process each : processes) {
        each.destroyForcibly().waitFor();
      }
    }
  }

  private void enqueue(int from, int count) {
    List<Job> jobs = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      jobs.add(Job.sql("INSERT INTO t VALUES (?)", i));
    }
    queue.enqueueAll(jobs);
  }

  private List<Object> pids() {
    return queue.operations().workers().stream()
        .map(each -> String.valueOf(each.heartbeat().get("pid")))
        .distinct()
        .map(Object.class::cast)
        .toList();
  }

  private Process process(int number) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Dgyre.insight=false",
            "-Xmx128m",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            ShardProcess.class.getName(),
            directory.toString(),
            String.valueOf(number))
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("process" + number + ".txt").toFile())
        .start();
  }

  static final class ShardProcess {
    private ShardProcess() {}

    public static void main(String[] arguments) {
      Path directory = Path.of(arguments[0]);
      WorkerOptions options =
          WorkerOptions.of(directory).process(Integer.parseInt(arguments[1]), COUNT);
      try (Backend queue = Backend.spool(directory);
          Loop loop = Loop.open()) {
        loop.run(() -> queue.worker(options).run());
      }
    }
  }
}
