package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class OutputTest {
  private final StringWriter err = new StringWriter();

  private int run(OutputStream target, String... arguments) {
    return Main.execute(
        Main.commandLine().setErr(new PrintWriter(err)),
        arguments,
        new Output(target),
        StandardCharsets.UTF_8);
  }

  /** As a pipe whose reader has gone, or a descriptor that was closed before. */
  private static OutputStream failing(String reason) {
    return new OutputStream() {
      @Override
      public void write(int octet) throws IOException {
        throw new IOException(reason);
      }
    };
  }

  @Test
  void shouldPrintWhatACommandSays() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    assertThat(run(bytes, "--version")).isZero();
    assertThat(bytes.toString(StandardCharsets.UTF_8)).startsWith("gyre ");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void shouldFailWhereItCannotBePrinted() throws IOException {
    Path full = Path.of("/dev/full");
    assumeThat(full).exists();
    try (OutputStream target = new FileOutputStream(full.toFile())) {
      assertThat(run(target, "--version")).isEqualTo(1);
    }
    assertThat(err.toString()).startsWith("gyre: write to the standard output: ").hasLineCount(1);
  }

  @Test
  void shouldEndQuietlyWhereNobodyReads() {
    assertThat(run(failing("Broken pipe"), "--version")).isZero();
    assertThat(run(failing("Bad file descriptor"), "--version")).isZero();
    assertThat(run(failing("Broken pipe"), "serve", "--nope")).isEqualTo(2);
    assertThat(err.toString()).startsWith("gyre serve: unknown option").hasLineCount(1);
  }

  /** As {@code gyre queue status --watch | head -1} has it. */
  @Test
  void shouldEndToWatchWhereNobodyReads(@TempDir Path directory) {
    String queue = directory.toString();
    assertThat(run(new ByteArrayOutputStream(), "queue", "enqueue", "SELECT 1", "--dir", queue))
        .isZero();
    assertThat(run(failing("Broken pipe"), "queue", "status", "--watch", "--dir", queue)).isZero();
  }
}
