package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Errors of the device at calls of our choice, as {@code strace} makes them. */
@Timeout(240)
class InjectedFaultTest {
  private static final int ENTRIES = 30;

  @TempDir Path directory;

  @BeforeEach
  void checkThatCallsCanFail() {
    assumeTrue(TestJvm.canTrace(), "SKIPPED: strace is not there, or may not trace");
  }

  private TestJvm start(Class<?> program, String... faults) throws Exception {
    Path calls = directory.resolve("calls");
    List<String> before =
        new ArrayList<>(List.of("strace", "-f", "-qq", "--seccomp-bpf", "-o", calls.toString()));
    before.addAll(List.of("-e", "trace=rename,fsync,fdatasync"));
    for (String each : faults) {
      before.addAll(List.of("-e", "inject=" + each));
    }
    return TestJvm.start(
        before, List.of(), directory.resolve("output.txt"), program, directory.toString());
  }

  @Test
  void shouldDoAllOnceWhateverRenamesAndSyncsFailOnTheWay() throws Exception {
    WorkerRig rig =
        new WorkerRig(WorkerOptions.of(directory).join(true).readTimeout(Duration.ofMillis(200)));
    rig.query("CREATE TABLE t (n INTEGER)");
    for (int i = 0; i < ENTRIES; i++) {
      rig.drop("5_" + i, "{\"sql\": \"INSERT INTO t VALUES (" + i + ")\"}");
    }
    // Of each thread by itself: the last claims, and the first moves behind the commit.
    try (TestJvm _ =
        start(
            FaultProcess.class, "rename:error=EIO:when=28..34", "fdatasync:error=EIO:when=2..3")) {
      WorkerRig.awaitStart(directory);
      for (int i = 0; i < ENTRIES; i++) {
        rig.awaitCompleted("5_" + i);
      }
      assertThat(Files.readString(directory.resolve("calls"))).contains("EIO");
      assertThat(rig.query("SELECT count(*) || '/' || count(DISTINCT n) FROM t"))
          .containsExactly(ENTRIES + "/" + ENTRIES);
      assertThat(WorkerRig.names(rig.spool.failed)).isEmpty();
      assertThat(WorkerRig.names(rig.spool.processing)).isEmpty();
    }
  }

  /** Enqueues two, and tells what is said of each. */
  static final class Enqueuing {
    private Enqueuing() {}

    public static void main(String[] arguments) throws Exception {
      Path directory = Path.of(arguments[0]);
      Queue queue = Queue.open(directory.resolve("queue"));
      for (String id : List.of("first", "second")) {
        String told = "nothing";
        try {
          queue.enqueue(Job.sql("SELECT 1").id(id));
        } catch (QueueException e) {
          told = String.valueOf(e.getMessage());
        }
        Files.writeString(directory.resolve(id), told);
      }
    }
  }

  /** Of the first the content can't be synced, of the second the name: so that one may be there. */
  @Test
  void shouldSayWhetherAnEntryMayBeThereThatCouldNotBeSynced() throws Exception {
    Queue.open(directory.resolve("queue")); // so that the first sync of a directory is that one
    try (TestJvm jvm =
        start(Enqueuing.class, "fdatasync:error=EIO:when=1", "fsync:error=EIO:when=1+")) {
      assertThat(jvm.awaitEnd()).isZero();
    }
    assertThat(directory.resolve("first"))
        .content()
        .contains("Input/output error")
        .doesNotContain("may be");
    assertThat(directory.resolve("second"))
        .content()
        .contains("second, which may be in the queue", "Input/output error");
    List<String> pending = WorkerRig.names(directory.resolve("queue/pending"));
    assertThat(pending).hasSize(1);
    assertThat(directory.resolve("queue/pending").resolve(pending.getFirst()))
        .content()
        .contains("\"second\"");
    assertThat(WorkerRig.names(directory.resolve("queue/tmp"))).isEmpty();
  }

  /** Enqueues rounds of two and three, and tells what becomes of each. */
  static final class EnqueuingRounds {
    private EnqueuingRounds() {}

    public static void main(String[] arguments) throws Exception {
      Path directory = Path.of(arguments[0]);
      Queue queue = Queue.open(directory.resolve("queue"));
      enqueue(queue, directory.resolve("first"), "a", "B");
      enqueue(queue, directory.resolve("second"), "c", "D", "e");
      enqueue(queue, directory.resolve("third"), "F", "g");
    }

    /** Those in capitals are due later. */
    private static void enqueue(Queue queue, Path result, String... ids) throws Exception {
      List<Job> jobs =
          Stream.of(ids)
              .map(id -> Job.sql("SELECT 1").id(id))
              .map(job ->
                  Character.isUpperCase(job.text("id").charAt(0))
                      ? job.in(Duration.ofHours(1))
                      : job)
              .toList();
      Map<Integer, Enqueued> durable = new TreeMap<>();
      String told = "nothing";
      try {
        queue.enqueueEach(jobs, durable);
      } catch (QueueException e) {
        told = e.getMessage() + " suppressed: " + List.of(e.getSuppressed());
      }
      Files.writeString(result, durable + "\n" + told);
    }
  }

  /**
   * A round has a rename for each, and a sync for each of both directories: what fails is the sync
   * of the first, and then the third rename and the sync of the second.
   */
  @Test
  void shouldTellOfEachDirectoryOfARoundWhatBecameOfIt() throws Exception {
    Queue.open(directory.resolve("queue")); // so that the first sync of a directory is that one
    try (TestJvm jvm =
        start(EnqueuingRounds.class, "fsync:error=EIO:when=1+3", "rename:error=EIO:when=5")) {
      assertThat(jvm.awaitEnd()).isZero();
    }
    String pending = directory.resolve("queue/pending").toString();
    String delayed = directory.resolve("queue/delayed").toString();
    assertThat(directory.resolve("first"))
        .content()
        .startsWith(
            "{1=entry B}\nenqueue entry a, which may be in the queue, into " + pending + ": ")
        .contains("Input/output error; behind it these are in the queue: B suppressed: []");
    assertThat(directory.resolve("second"))
        .content()
        .startsWith(
            "{0=entry c}\nenqueue entry D, which may be in the queue, into " + delayed + ": ")
        .contains("suppressed: [gyre.queue.QueueException: enqueue into ");
    assertThat(directory.resolve("third")).content().isEqualTo("{0=entry F, 1=entry g}\nnothing");
    assertThat(WorkerRig.names(directory.resolve("queue/pending"))).hasSize(3);
    assertThat(WorkerRig.names(directory.resolve("queue/delayed"))).hasSize(3);
    assertThat(WorkerRig.names(directory.resolve("queue/tmp"))).isEmpty();
  }
}
