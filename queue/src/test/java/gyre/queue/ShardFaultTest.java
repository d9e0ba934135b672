package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Loop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One thing that is wrong in a queue of shards, and all else that must go on. */
@Timeout(180)
class ShardFaultTest {
  private static final int COUNT = 3;

  @TempDir Path directory;

  private WorkerOptions options() {
    return WorkerOptions.of(directory).readTimeout(Duration.ofMillis(200));
  }

  private Shards shards() {
    return Shards.open(directory, COUNT);
  }

  /** A worker of all shards, on a loop and thread of its own. */
  private final class Running implements AutoCloseable {
    final ShardedWorker worker = new ShardedWorker(shards(), options());
    final CompletableFuture<Void> ended = new CompletableFuture<>();

    Running() {
      Thread.ofPlatform()
          .name("test-shards")
          .start(() -> {
            try (Loop loop = Loop.open(WorkerRig.loopOptions())) {
              loop.run(worker::run);
              ended.complete(null);
            } catch (Throwable e) {
              ended.completeExceptionally(e);
            }
          });
    }

    @Override
    public void close() {
      worker.stop();
      ended.orTimeout(WorkerRig.HANG_LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    }
  }

  private void awaitDone(int shard, int count) {
    Path completed = shards().directory(shard).resolve("completed");
    WorkerRig.await(
        "shard " + shard + " is done", () -> WorkerRig.names(completed).size() == count);
  }

  private List<String> inAllShards(String place) {
    return shards().directories().stream()
        .flatMap(each -> WorkerRig.names(each.resolve(place)).stream())
        .sorted()
        .toList();
  }

  private static void write(Path file, String id) throws IOException {
    Files.writeString(file, "{\"id\": \"" + id + "\", \"sql\": \"SELECT 1\"}");
  }

  /** An id that goes to that shard. */
  private String idOf(int shard) {
    Shards shards = shards();
    return IntStream.range(0, 1000)
        .mapToObj(i -> "id " + i)
        .filter(id -> shards.shardOf(id) == shard)
        .findFirst()
        .orElseThrow();
  }

  private boolean route(int maxEntryBytes) {
    WorkerLog log = new WorkerLog(directory.resolve("worker.log"), null);
    return new ShardRouter(shards(), new Spool(directory), new Inbox(), log, () -> maxEntryBytes)
        .route();
  }

  @Test
  void shouldRouteAllThatIsBesideALinkThatLeadsNowhere() throws Exception {
    shards();
    Path nowhere = directory.resolve("nowhere");
    Files.createSymbolicLink(directory.resolve("pending/5_link"), nowhere);
    Files.createSymbolicLink(directory.resolve("delayed/1~5_link"), nowhere);
    for (int i = 0; i < 10; i++) {
      write(directory.resolve("pending/5_" + i), "p" + i);
      write(directory.resolve("delayed/1~5_" + i), "d" + i);
    }
    assertThat(route(1 << 20)).isTrue();
    assertThat(WorkerRig.names(directory.resolve("pending"))).isEmpty();
    assertThat(WorkerRig.names(directory.resolve("delayed"))).isEmpty();
    assertThat(inAllShards("pending")).hasSize(11);
    assertThat(inAllShards("delayed")).hasSize(11);
  }

  @Test
  void shouldRouteAllThatIsBesideWhatCanNotBeMoved() throws Exception {
    Shards shards = shards();
    deleteTree(shards.directory(1).resolve("pending"));
    write(directory.resolve("pending/5_1"), idOf(1));
    write(directory.resolve("pending/5_2"), idOf(2));
    route(1 << 20);
    assertThat(WorkerRig.names(shards.directory(2).resolve("pending"))).containsExactly("05_2");
    assertThat(WorkerRig.names(directory.resolve("pending"))).containsExactly("5_1");
  }

  @Test
  void shouldLogWhatEndsARoundOfTheRouter() {
    WorkerLog log = new WorkerLog(directory.resolve("worker.log"), null);
    ShardRouter router =
        new ShardRouter(
            shards(),
            new Spool(directory),
            new Inbox(),
            log,
            () -> {
              throw new IllegalStateException("as the test wants");
            });
    assertThat(router.route()).isTrue();
    assertThat(directory.resolve("worker.log")).content().contains("as the test wants");
  }

  @Test
  void shouldRouteLargeEntriesToWhereEnqueuePutsThem() throws Exception {
    String id = idOf(2);
    shards();
    Files.writeString(directory.resolve("queue.toml"), "[queue]\nmax_entry_bytes = 4194304\n");
    String text = "x".repeat(2 << 20);
    Backend.spool(directory).enqueue(Job.sql("SELECT ?", text).id(id));
    Files.writeString(
        directory.resolve("pending/5_1"),
        "{\"id\": \"" + id + "\", \"sql\": \"SELECT ?\", \"params\": [\"" + text + "\"]}");
    try (Loop loop = Loop.open(WorkerRig.loopOptions())) {
      loop.run(() -> new ShardedWorker(shards(), options().once(true)).run());
    }
    assertThat(WorkerRig.names(shards().directory(2).resolve("completed")))
        .hasSize(2)
        .contains("05_1");
    assertThat(inAllShards("failed")).isEmpty();
  }

  @Test
  void shouldWorkOnTheOthersWhereOneIsGone() throws Exception {
    deleteTree(shards().directory(1));
    write(directory.resolve("pending/5_1"), idOf(2));
    try (Running _ = new Running()) {
      awaitDone(2, 1);
      Files.writeString(directory.resolve("pending/5_2"), "{\"id\": \"" + idOf(0) + "\"}");
      WorkerRig.await(
          "shard 0 refuses it",
          () -> WorkerRig.names(shards().directory(0).resolve("failed")).contains("05_2"));
      assertThat(directory.resolve("worker.log")).content().containsOnlyOnce("shard 1: ");
    }
    assertThat(shards().directory(1)).doesNotExist(); // an empty ledger would do all again
  }

  @Test
  void shouldWorkOnceOnTheOthersWhereOneIsTaken() throws Exception {
    Shards shards = shards();
    for (int i = 0; i < COUNT; i++) {
      write(directory.resolve("pending/5_" + i), idOf(i));
    }
    try (InstanceLock _ =
        InstanceLock.tryTake(new Spool(shards.directory(0)).lockFile(0)).orElseThrow()) {
      assertThatThrownBy(
              () -> {
                try (Loop loop = Loop.open(WorkerRig.loopOptions())) {
                  loop.run(() -> new ShardedWorker(shards, options().once(true)).run());
                }
              })
          .hasStackTraceContaining("works there already");
    }
    assertThat(inAllShards("completed")).hasSize(2);
    assertThat(inAllShards("pending")).hasSize(1);
  }

  @Test
  void shouldRouteAgainOnceItsLockCanBeTaken() throws Exception {
    shards();
    Files.createDirectory(directory.resolve(".lock"));
    try (Running _ = new Running()) {
      WorkerRig.await(
          "it says so",
          () ->
              Files.exists(directory.resolve("worker.log"))
                  && read(directory.resolve("worker.log")).contains("lock " + directory));
      write(directory.resolve("pending/5_1"), idOf(0));
      Files.delete(directory.resolve(".lock"));
      awaitDone(0, 1);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void shouldRefuseShardsWhereAWorkerHadAnotherDatabase() throws Exception {
    Path base = directory.resolve("base");
    Queue.open(base).enqueue(Job.sql("SELECT 1"));
    WorkerRig.once(WorkerOptions.of(base).database(directory.resolve("elsewhere.db")));
    assertThatThrownBy(() -> Shards.open(base, COUNT))
        .isInstanceOf(QueueException.class)
        .hasMessageContaining("a worker without shards has worked there");
    assertThat(Shards.of(base)).isEmpty();
  }

  @Test
  void shouldRefuseShardsWhereSomethingIsToBeReplayed() throws Exception {
    Spool spool = Queue.open(directory).spool();
    write(spool.processing.resolve("5_1"), "x");
    assertThatThrownBy(this::shards).hasMessageContaining("drain it");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "-1", "65", "three"})
  void shouldSayWhatIsWrongWithTheNumberOfShards(String content) throws Exception {
    shards();
    Files.writeString(directory.resolve("shards/count"), content);
    assertThatThrownBy(() -> Backend.spool(directory))
        .isInstanceOf(QueueException.class)
        .hasMessageContaining("from 1 to 64");
  }

  private static void deleteTree(Path root) throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(root)) {
      all.sorted(Comparator.reverseOrder()).forEach(files::add);
    }
    for (Path each : files) {
      Files.delete(each);
    }
  }
}
