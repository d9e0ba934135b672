package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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

  private Backend open(Kind kind) {
    return kind == Kind.PLAIN ? Backend.spool(directory) : Backend.shards(directory, 3);
  }

  private static Job job(String id) {
    return Job.sql("SELECT 1").id(id);
  }

  private void assertNothingIsLeftOver() throws IOException {
    assertThat(WorkerRig.names(new Spool(directory).tmp)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void shouldEnqueueManyInTheirOrder(Kind kind) throws IOException {
    List<String> ids =
        IntStream.range(0, EnqueueRound.ENTRIES_MAX * 2 + 1).mapToObj(i -> "job-" + i).toList();
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
    List<Enqueued> durable = new ArrayList<>();
    try (Backend queue = open(kind)) {
      assertThatThrownBy(() -> queue.enqueueEach(jobs, durable))
          .isInstanceOf(DuplicateJobException.class);
      assertThat(durable).extracting(Enqueued::id).containsExactly("a", "b", "c");
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
}
