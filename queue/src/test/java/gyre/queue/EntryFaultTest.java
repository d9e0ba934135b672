package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What anybody may put into {@code pending/}: none of it stops the good entry behind it, none is
 * lost, and each has a reason beside it that says what is wrong.
 */
@Timeout(180)
class EntryFaultTest {
  @TempDir Path directory;
  private WorkerRig rig;

  @BeforeEach
  void open() {
    rig = new WorkerRig(directory);
    rig.query("CREATE TABLE t (n INTEGER)");
  }

  @AfterEach
  void close() {
    rig.close();
  }

  static List<Arguments> bad() {
    return List.of(
        Arguments.of("{\"sql\": \"INSERT INTO t VALUES (1)\"", "ends in the middle"),
        Arguments.of("", "empty"),
        Arguments.of(" \n ", "only blanks"),
        Arguments.of("not JSON", "not valid JSON"),
        Arguments.of("[1, 2]", "not a JSON object"),
        Arguments.of("{\"sql\": \"a\", \"sql\": \"b\"}", "Duplicate"),
        Arguments.of("{\"sql\": \"SELECT 1\"} {\"sql\": \"SELECT 2\"}", "more behind the end"),
        Arguments.of("{\"a\":" + "[".repeat(100) + "]".repeat(100) + "}", "nesting depth"),
        Arguments.of("\uFEFF{\"sql\": \"SELECT 1\"}", "byte order mark"),
        Arguments.of("{}", "neither"),
        Arguments.of("{\"operation\": \"sql\", \"sql\": \"SELECT 1\"}", "both"),
        Arguments.of("{\"sql\": 5}", "must be the statement"),
        Arguments.of("{\"sql\": \"SELECT 1\", \"priority\": 11}", "from 1 to 10"),
        Arguments.of("{\"sql\": \"SELECT 1\", \"params\": {}}", "must be an array"),
        Arguments.of("{\"operation\": \"unheard-of\"}", "no handler for the operation"),
        Arguments.of("{\"sql\": \"COMMIT\"}", "COMMIT is refused"),
        Arguments.of("{\"sql\": \"" + "x".repeat(1 << 20) + "\"}", "raise max_entry_bytes"));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void shouldPutABadEntryAsideWithAReason(String content, String reason) throws IOException {
    Path file = rig.drop("1_1", content);
    makeOld(file);
    rig.drop("2_2", "{\"sql\": \"INSERT INTO t VALUES (2)\"}");
    rig.once();
    assertThat(rig.query("SELECT n FROM t")).containsExactly("2");
    assertThat(rig.reason("1_1")).contains(reason);
    assertThat(Files.readString(rig.spool.failed.resolve("1_1"))).isEqualTo(content);
  }

  private static void makeOld(Path file) throws IOException {
    Files.setLastModifiedTime(
        file, java.nio.file.attribute.FileTime.from(java.time.Instant.now().minusSeconds(60)));
  }

  @Test
  void shouldRefuseBytesThatAreNoUtf8() throws IOException {
    byte[] latin = "{\"sql\": \"SELECT '\u00e4'\"}".getBytes(StandardCharsets.ISO_8859_1);
    rig.drop(rig.spool.pending, "1_1", latin);
    rig.once();
    assertThat(rig.reason("1_1")).contains("not valid JSON");
  }

  @Test
  void shouldWaitForAFileThatIsStillWritten() throws IOException {
    rig.start();
    WorkerRig.await("it watches", () -> rig.worker().stats().isWatching);
    Files.writeString(rig.spool.pending.resolve("5_1"), "{\"sql\": \"INSERT ");
    // It was looked at when the next one is done, and must be there still.
    Enqueued next = rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (1)").priority(9));
    WorkerRig.await("the next one is done", () -> keepYoung() && next.end().isPresent());
    assertThat(rig.spool.failed.resolve("5_1")).doesNotExist();
    byte[] rest = "INTO t VALUES (2)\"}".getBytes(StandardCharsets.UTF_8);
    WorkerRig.await(
        "the rest is written",
        () ->
            changeWhereItIs(
                each -> Files.write(each, rest, java.nio.file.StandardOpenOption.APPEND)));
    rig.awaitCompleted("5_1");
    assertThat(rig.query("SELECT n FROM t ORDER BY n")).containsExactly("1", "2");
  }

  private interface Change {
    void make(Path file) throws IOException;
  }

  /** As if it had been written to just now, however long this takes. Always true. */
  private boolean keepYoung() {
    changeWhereItIs(each ->
        Files.setLastModifiedTime(
            each, java.nio.file.attribute.FileTime.from(java.time.Instant.now())));
    return true;
  }

  /** It may be claimed at any moment, to be looked at. False if it was moved meanwhile. */
  private boolean changeWhereItIs(Change change) {
    for (Path each :
        List.of(rig.spool.pending.resolve("5_1"), rig.spool.processing.resolve("5_1@w0"))) {
      try {
        change.make(each);
        return true;
      } catch (java.nio.file.NoSuchFileException e) {
        // it is in the other place
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
    return false;
  }

  @Test
  void shouldFollowNoLinkAndOpenNoFifo() throws Exception {
    Path outside =
        Files.writeString(
            directory.resolve("outside"), "{\"sql\": \"INSERT INTO t VALUES (666)\"}");
    Files.createSymbolicLink(rig.spool.pending.resolve("1_link"), outside);
    Files.createDirectory(rig.spool.pending.resolve("1_directory"));
    Process mkfifo =
        new ProcessBuilder("mkfifo", rig.spool.pending.resolve("1_fifo").toString()).start();
    assertThat(mkfifo.waitFor(10, TimeUnit.SECONDS)).isTrue();
    rig.drop("2_2", "{\"sql\": \"INSERT INTO t VALUES (2)\"}");
    rig.once();
    assertThat(rig.query("SELECT n FROM t")).containsExactly("2");
    assertThat(rig.reason("1_link")).contains("symbolic link");
    assertThat(rig.reason("1_directory")).contains("a directory");
    assertThat(rig.reason("1_fifo")).contains("FIFO");
    assertThat(outside).exists();
  }

  @Test
  void shouldDealWithNamesThatNobodyWouldType() {
    String content = "{\"sql\": \"INSERT INTO t VALUES (1)\"}";
    List<String> names =
        List.of(
            "5_a\nb",
            "5_ \u001b[31m",
            "5_@w0",
            "-rf",
            "5_" + "x".repeat(250),
            "99_1",
            "5_99999999999999999999");
    names.forEach(each -> rig.drop(each, content));
    rig.once();
    assertThat(rig.query("SELECT count(*) FROM t")).containsExactly(String.valueOf(names.size()));
    assertThat(WorkerRig.names(rig.spool.completed))
        .hasSize(names.size())
        .allMatch(each -> each.chars().allMatch(c -> c >= ' ' && c < 0x7F));
  }

  @Test
  void shouldLeaveWhatIsHiddenOrHalfWrittenAlone() {
    rig.drop(".hidden", "x");
    rig.drop("5_1.tmp", "x");
    rig.once();
    assertThat(WorkerRig.names(rig.spool.pending)).containsExactly(".hidden", "5_1.tmp");
    assertThat(WorkerRig.names(rig.spool.failed)).isEmpty();
  }

  @Test
  void shouldKeepBothDeadLettersOfOneName() {
    rig.drop("5_1", "[]");
    rig.once();
    rig.drop("5_1", "[]");
    rig.once();
    assertThat(WorkerRig.names(rig.spool.failed))
        .containsExactly("5_1", "5_1.error", "5_1~2", "5_1~2.error");
  }

  @Test
  void shouldMakeItsDirectoriesAnewWhenTheyAreDeleted() throws Exception {
    rig.start();
    rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (1)")).await(WorkerRig.HANG_LIMIT);
    deleteTree(rig.spool.pending);
    deleteTree(rig.spool.completed);
    WorkerRig.await(
        "they are there again",
        () -> {
          rig.worker().wakeUp();
          return Files.isDirectory(rig.spool.pending);
        });
    Files.createDirectories(rig.spool.completed);
    assertThat(rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (2)")).await(WorkerRig.HANG_LIMIT))
        .isPresent();
  }

  private static void deleteTree(Path path) throws IOException {
    try (var files = Files.walk(path)) {
      for (Path each : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    }
  }

  @Test
  void shouldBlameNoEntryForADatabaseThatCannotBeUsed() throws Exception {
    Path database = rig.options.databaseFile(rig.spool);
    Path aside = database.resolveSibling("aside.db");
    Files.move(database, aside);
    Files.deleteIfExists(database.resolveSibling("queue.db-wal"));
    Files.deleteIfExists(database.resolveSibling("queue.db-shm"));
    Files.writeString(database, "no database ".repeat(1000));
    rig.start();
    Enqueued job = rig.queue.enqueue(Job.sql("INSERT INTO t VALUES (1)"));
    WorkerRig.await("it tells of trouble", () -> !rig.worker().stats().trouble.isEmpty());
    assertThat(WorkerRig.names(rig.spool.pending)).contains(job.name());
    Files.move(aside, database, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(job.await(WorkerRig.HANG_LIMIT)).map(JobEnd::isDone).contains(true);
    // Of the round, which goes on behind the end of the entry.
    WorkerRig.await("its trouble is over", () -> rig.worker().stats().trouble.isEmpty());
  }

  @Test
  void shouldGiveUpAnEntryThatEndsTheProcessAgainAndAgain() throws Exception {
    // As if the worker had been killed each time: the file lies in processing/ at the start.
    for (int i = 0; i < 4; i++) {
      Path left = rig.spool.processing.resolve("5_1@w0");
      if (i < 3) {
        try (SqliteEngine engine = SqliteEngine.open(rig.options.databaseFile(rig.spool))) {
          engine.countAttempt(
              "poison", "the worker ended while it was executed", java.time.Instant.now());
        }
      } else {
        Files.writeString(left, "{\"id\": \"poison\", \"sql\": \"INSERT INTO t VALUES (1)\"}");
      }
    }
    rig.once();
    assertThat(rig.reason("5_1")).contains("the worker ended while it was executed, 4 times");
    assertThat(rig.query("SELECT n FROM t")).isEmpty();
  }

  @Test
  void shouldTakeOverWhatTheShellWorkerLeftInProcessing() throws Exception {
    Files.writeString(
        rig.spool.processing.resolve("3_17"), "{\"sql\": \"INSERT INTO t VALUES (17)\"}");
    Files.writeString(
        rig.spool.processing.resolve("3_18@w7"), "{\"sql\": \"INSERT INTO t VALUES (18)\"}");
    rig.once();
    assertThat(rig.query("SELECT n FROM t ORDER BY n")).containsExactly("17", "18");
    assertThat(WorkerRig.names(rig.spool.completed)).containsExactly("3_17", "3_18");
  }

  @Test
  void shouldKeepBothThatDeadWorkersHadUnderOneName() throws Exception {
    for (String each : java.util.List.of("5_1@w0", "5_1@w7", "5_1@w8", "5_1")) {
      int n = each.hashCode();
      Files.writeString(
          rig.spool.processing.resolve(each), "{\"sql\": \"INSERT INTO t VALUES (" + n + ")\"}");
    }
    rig.once();
    assertThat(rig.query("SELECT count(DISTINCT n) FROM t")).containsExactly("4");
  }

  @Test
  void shouldKnowAnEntryWithoutIdByItsFileUnderAnyName() throws Exception {
    Path file = rig.drop("5_1", "{\"sql\": \"INSERT INTO t VALUES (1)\"}");
    rig.once();
    // As if a kill had come before the move, and another had its name when it was taken over.
    Files.move(rig.spool.completed.resolve("5_1"), file.resolveSibling("5_1~2"));
    rig.once();
    assertThat(rig.query("SELECT count(*) FROM t")).containsExactly("1");
  }

  @Test
  void shouldKeepAnEntryThatIsCalledLikeTheReasonOfAnother() throws Exception {
    rig.drop("5_1.error", "[]");
    rig.once();
    rig.drop("5_1", "[1]");
    rig.once();
    List<String> contents = new java.util.ArrayList<>();
    for (String each : WorkerRig.names(rig.spool.failed)) {
      contents.add(Files.readString(rig.spool.failed.resolve(each)));
    }
    assertThat(contents).hasSize(4).contains("[]", "[1]");
    assertThat(Inspection.of(directory).search(List.of(Inspection.Place.FAILED), "", 10))
        .hasSize(2);
  }

  @Test
  void shouldGoOnWhereABatchAndAnOrphanCannotBeDealtWith() throws Exception {
    Batches.write(rig.spool, "bad", 1, Job.of("x", "").id("y".repeat(300)));
    Files.createDirectory(rig.spool.lockFile(7));
    Files.writeString(
        rig.spool.processing.resolve("5_7@w7"), "{\"sql\": \"INSERT INTO t VALUES (7)\"}");
    rig.drop("5_1", "{\"sql\": \"INSERT INTO t VALUES (1)\", \"batch\": \"bad\"}");
    rig.once();
    rig.drop("5_2", "{\"sql\": \"INSERT INTO t VALUES (2)\"}");
    rig.once();
    assertThat(rig.query("SELECT n FROM t ORDER BY n")).containsExactly("1", "2");
  }
}
