package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.queue.Backend;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(90)
class QueueCommandTest {
  @TempDir Path directory;
  private String out = "";
  private String err = "";

  private int run(String command, String... arguments) {
    List<String> all = new ArrayList<>(List.of("queue", command));
    if (!command.equals("check")) {
      all.addAll(List.of("--dir", directory.toString()));
    }
    all.addAll(List.of(arguments));
    StringWriter output = new StringWriter();
    StringWriter errors = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(output, true));
    line.setErr(new PrintWriter(errors, true));
    int code = line.execute(all.toArray(String[]::new));
    out = output.toString();
    err = errors.toString();
    return code;
  }

  @Test
  void shouldTakeAnEntryFromEnqueueToCompleted() {
    assertThat(run("enqueue", "CREATE TABLE t (n)", "--priority", "1")).isZero();
    assertThat(run("enqueue", "INSERT INTO t VALUES (?)", "--param", "5", "--id", "x")).isZero();
    assertThat(out).isEqualToIgnoringNewLines("x");
    assertThat(run("list")).isZero();
    assertThat(out).contains("INSERT INTO t VALUES").contains("pending");
    assertThat(run("doctor")).isEqualTo(1);
    assertThat(out).contains("no worker runs, and 2 entries wait");
    assertThat(run("work", "--once", "--foreground")).isZero();
    assertThat(out).contains("2 done, 0 failed");
    assertThat(run("status", "--json")).isZero();
    assertThat(out).contains("\"completed\":2", "\"pending\":0");
    assertThat(run("show", "x")).isZero();
    assertThat(out).contains("completed");
    assertThat(run("doctor")).isZero();
  }

  @Test
  void shouldFindRetryAndDiscardWhatHasFailed() {
    run("enqueue", "--operation", "nobody", "hello", "--id", "y");
    run("work", "--once");
    assertThat(run("dead")).isZero();
    assertThat(out).contains("y").contains("no handler for the operation");
    assertThat(run("search", "hello")).isZero();
    assertThat(run("search", "nothing like it")).isEqualTo(1);
    assertThat(run("retry", "y")).isZero();
    assertThat(run("retry", "y")).isEqualTo(1);
    assertThat(run("discard", "y")).isZero();
    for (String command : List.of("show", "retry", "discard")) {
      assertThat(run(command, "y")).isEqualTo(1);
      assertThat(err).startsWith("gyre queue " + command + ": there is no ").hasLineCount(1);
      assertThat(out).isEmpty();
    }
  }

  @Test
  void shouldListThePlacesThatAreNamed() {
    run("enqueue", "SELECT 1", "--id", "now");
    run("enqueue", "SELECT 2", "--id", "later", "--in", "1d");
    assertThat(run("list", "pending")).isZero();
    assertThat(out).startsWith("pending").contains("  now  ").hasLineCount(1);
    assertThat(run("list", "failed", "delayed")).isZero();
    assertThat(out).startsWith("delayed").contains("  later  ").hasLineCount(1);
    assertThat(run("discard", "now")).isZero();
    assertThat(run("doctor")).isEqualTo(1);
    assertThat(out).contains("no worker runs, and 1 entry waits for its time: gyre queue work");
    assertThat(run("list", "elsewhere")).isEqualTo(2);
    assertThat(err)
        .isEqualToIgnoringNewLines(
            "gyre queue list: 'elsewhere' is no place; places: pending, delayed, processing,"
                + " failed, completed");
  }

  @Test
  void shouldPauseAndResume() {
    run("enqueue", "SELECT 1");
    assertThat(run("pause")).isZero();
    assertThat(run("work", "--once")).isZero();
    assertThat(run("status")).isZero();
    assertThat(out).contains("PAUSED").contains("pending     1");
    assertThat(run("resume")).isZero();
    assertThat(run("work", "--once")).isZero();
    run("status");
    assertThat(out).contains("pending     0");
  }

  @Test
  void shouldSayWhatIsWrongAndWouldBeRight() throws IOException {
    assertThat(run("status")).isEqualTo(1);
    assertThat(err).contains("there is none; enqueue something, or start a worker");
    assertThat(run("enqueue", "SELECT 1", "--priority", "11")).isEqualTo(2);
    assertThat(err).contains("priority must be from 1 to 10: 11");
    assertThat(run("enqueue", "SELECT 1", "--in", "soon")).isEqualTo(2);
    assertThat(run("enqueue", "SELECT 1", "--at", "noon")).isEqualTo(2);
    assertThat(run("enqueue", "{\"sql\": 1, \"sql\": 2}")).isEqualTo(1);
    assertThat(err).contains("Duplicate");
    assertThat(run("enqueue", "SELECT 1", "--unique", "k")).isZero();
    assertThat(run("enqueue", "SELECT 1", "--unique", "k")).isEqualTo(3);
    Path wrong = Files.writeString(directory.resolve("wrong.toml"), "[queue]\nbatc = 5\n");
    assertThat(run("check", wrong.toString())).isEqualTo(1);
    assertThat(err).contains("wrong.toml:2: queue.batc is not known");
  }

  private int runWithInput(String input, String command, String... arguments) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
    try {
      return run(command, arguments);
    } finally {
      System.setIn(before);
    }
  }

  private static String line(String id) {
    return "{\"id\": \"" + id + "\", \"sql\": \"SELECT 1\"}\n";
  }

  private static String idOf(int shard, int shards) {
    return IntStream.range(0, 1000)
        .mapToObj(i -> "id-" + i)
        .filter(id -> {
          CRC32C hash = new CRC32C();
          hash.update(id.getBytes(StandardCharsets.UTF_8));
          return hash.getValue() % shards == shard;
        })
        .findFirst()
        .orElseThrow();
  }

  /** It is not the one behind as many as are printed: entries behind it may be there too. */
  @Test
  void shouldNameTheLineThatCouldNotBeEnqueued() throws IOException {
    Backend.shards(directory, 3).close();
    Path pending = directory.resolve("shards/0/pending");
    Files.delete(pending);
    Files.createSymbolicLink(pending, Path.of("/proc")); // nothing can be renamed into it
    try {
      String input = line(idOf(1, 3)) + "\n" + line(idOf(0, 3)) + line(idOf(2, 3));
      assertThat(runWithInput(input, "enqueue", "--json-lines")).isEqualTo(1);
    } finally {
      Files.delete(pending);
    }
    assertThat(out.lines()).containsExactly(idOf(1, 3), idOf(2, 3));
    assertThat(err)
        .startsWith("gyre queue enqueue: line 3: ")
        .contains("behind it these are in the queue: " + idOf(2, 3))
        .hasLineCount(1);
  }

  @Test
  void shouldNameNoLineWhereTheQueueCanNotBeOpened() throws IOException {
    Files.createFile(directory.resolve("pending"));
    assertThat(runWithInput("", "enqueue", "--json-lines")).isEqualTo(1);
    assertThat(err).startsWith("gyre queue enqueue: open queue " + directory).hasLineCount(1);
  }
}
