package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Several entries at once are enqueued as one after the other would be. */
class EnqueueAllTest {
  enum Kind {
    PLAIN,
    SHARDED
  }

  @TempDir Path directory;
  private final List<Path> links = new ArrayList<>();
  private int nextId;

  private Backend open(Kind kind) {
    return kind == Kind.PLAIN ? Backend.spool(directory) : Backend.shards(directory, 3);
  }

  private static Job job(String id) {
    return Job.sql("SELECT 1").id(id);
  }

  private static List<String> ids(Map<Integer, Enqueued> durable) {
    return durable.entrySet().stream()
        .map(each -> each.getKey() + "=" + each.getValue().id())
        .toList();
  }

  /** Of another device: no file can be renamed into it. */
  private void replaceByAnotherDevice(Path place) throws IOException {
    Files.move(place, place.resolveSibling("moved away"));
    links.add(Files.createSymbolicLink(place, Path.of("/proc")));
  }

  @AfterEach
  void deleteLinks() throws IOException {
    for (Path each : links) {
      Files.delete(each);
    }
  }

  private void assertNothingIsLeftOver() throws IOException {
    List<Path> all = new ArrayList<>(List.of(directory));
    Shards.of(directory).ifPresent(shards -> all.addAll(shards.directories()));
    for (Path each : all) {
      assertThat(WorkerRig.names(new Spool(each).tmp)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void shouldEnqueueManyInTheirOrder(Kind kind) throws IOException {
    List<String> ids =
        IntStream.range(0, Rounds.JOBS_MAX * 2 + 1).mapToObj(i -> "job-" + i).toList();
    try (Backend queue = open(kind)) {
      List<Enqueued> all = queue.enqueueAll(ids.stream().map(EnqueueAllTest::job).toList());
      assertThat(all).extracting(Enqueued::id).isEqualTo(ids);
      assertThat(queue.operations().counts().pending()).isEqualTo(ids.size());
    }
    assertNothingIsLeftOver();
  }

  @ParameterizedTest
  @EnumSource
  void shouldEndAtTheFirstThatIsRefused(Kind kind) throws IOException {
    List<Job> jobs =
        List.of(
            job("a"),
            job("b").uniqueKey("key"),
            job("c"),
            job("d").uniqueKey("key"), // of the same round
            job("e"));
    Map<Integer, Enqueued> durable = new TreeMap<>();
    try (Backend queue = open(kind)) {
      assertThatThrownBy(() -> queue.enqueueEach(jobs, durable))
          .isInstanceOf(DuplicateJobException.class);
      assertThat(ids(durable)).containsExactly("0=a", "1=b", "2=c");
      assertThat(queue.operations().counts().pending()).isEqualTo(3);
      // The key is held, and those of the others are free.
      assertThatThrownBy(() -> queue.enqueue(job("f").uniqueKey("key")))
          .isInstanceOf(DuplicateJobException.class);
      assertThat(queue.enqueue(job("e").uniqueKey("other")).id()).isEqualTo("e");
    }
    assertNothingIsLeftOver();
  }

  @Test
  void shouldComeInTheOrderOfTheirNames() throws IOException {
    Queue queue = Queue.open(directory);
    List<Job> jobs = Stream.generate(() -> Job.sql("SELECT 1")).limit(10).toList();
    List<String> names = queue.enqueueAll(jobs).stream().map(Enqueued::id).toList();
    assertThat(names).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void shouldEndAtTheFirstThatCanNotBeMoved() throws IOException {
    Map<Integer, Enqueued> durable = new TreeMap<>();
    try (Backend queue = open(Kind.PLAIN)) {
      queue.enqueue(job("z"));
      replaceByAnotherDevice(directory.resolve("delayed"));
      List<Job> jobs =
          List.of(
              job("a"),
              job("b").in(Duration.ofHours(1)),
              job("c").uniqueKey("key"),
              job("d").uniqueKey("key"));
      assertThatThrownBy(() -> queue.enqueueEach(jobs, durable))
          .isInstanceOf(QueueException.class)
          .hasMessageContaining("enqueue into " + directory)
          .hasMessageNotContaining("may be")
          .satisfies(e ->
              assertThat(e.getSuppressed())
                  .hasOnlyElementsOfType(DuplicateJobException.class)
                  .hasSize(1));
      assertThat(ids(durable)).containsExactly("0=a");
      assertThat(queue.operations().counts().pending()).isEqualTo(2);
      assertThat(queue.enqueue(job("e").uniqueKey("key")).id()).isEqualTo("e");
    }
    assertNothingIsLeftOver();
  }

  /** Shards fail one by one: what is in the others is told, and what is thrown names it. */
  @Test
  void shouldTellOfThoseBehindOneWhoseShardFails() throws IOException {
    Shards shards = Shards.open(directory, 3);
    replaceByAnotherDevice(shards.directory(0).resolve("pending"));
    List<String> ids = Stream.of(1, 0, 2, 0, 1).map(shard -> idOf(shards, shard)).toList();
    List<Job> jobs = ids.stream().map(EnqueueAllTest::job).toList();
    Map<Integer, Enqueued> durable = new TreeMap<>();
    try (Backend queue = open(Kind.SHARDED)) {
      assertThatThrownBy(() -> queue.enqueueEach(jobs, durable))
          .isInstanceOf(QueueException.class)
          .hasMessageContaining("enqueue into " + shards.directory(0))
          .hasMessageEndingWith(
              "; behind it these are in the queue: " + ids.get(2) + ", " + ids.get(4));
      assertThat(ids(durable))
          .containsExactly("0=" + ids.get(0), "2=" + ids.get(2), "4=" + ids.get(4));
      assertThat(WorkerRig.names(shards.directory(1).resolve("pending"))).hasSize(2);
      assertThat(WorkerRig.names(shards.directory(2).resolve("pending"))).hasSize(1);

      replaceByAnotherDevice(shards.directory(2).resolve("pending"));
      assertThatThrownBy(() -> queue.enqueueAll(jobs))
          .hasMessageContaining("enqueue into " + shards.directory(0))
          .satisfies(e ->
              assertThat(e.getSuppressed())
                  .singleElement()
                  .asInstanceOf(InstanceOfAssertFactories.THROWABLE)
                  .hasMessageContaining("enqueue into " + shards.directory(2)));
    }
    assertNothingIsLeftOver();
  }

  /** Another one at each call. */
  private String idOf(Shards shards, int shard) {
    return Stream.generate(() -> "id-" + nextId++)
        .filter(id -> shards.shardOf(id) == shard)
        .findFirst()
        .orElseThrow();
  }

  /** Who is killed meanwhile would hold it until a worker deletes what he has left. */
  @Test
  void shouldHoldNoKeyWhileOthersAreWritten() throws IOException {
    List<Job> jobs = List.of(job("a").uniqueKey("key"), job("b"), job("c"));
    List<List<String>> keysBefore = new ArrayList<>();
    List<Job> looking =
        new AbstractList<>() {
          @Override
          public Job get(int index) {
            keysBefore.add(WorkerRig.names(directory.resolve("unique")));
            return jobs.get(index);
          }

          @Override
          public int size() {
            return jobs.size();
          }
        };
    try (Backend queue = open(Kind.PLAIN)) {
      assertThat(queue.enqueueAll(looking)).extracting(Enqueued::id).containsExactly("a", "b", "c");
    }
    assertThat(keysBefore).hasSize(jobs.size()).containsOnly(List.of());
    assertThat(WorkerRig.names(directory.resolve("unique"))).hasSize(1);
    assertNothingIsLeftOver();
  }
}
