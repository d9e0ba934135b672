package gyre.lab.judge;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A program under judgement that is spoken with by its standard input and output. */
final class JudgedProgram implements AutoCloseable {
  /** What hangs is killed then, so that whoever reads from it goes on. */
  private static final int LIMIT_SECONDS = 60;

  private static final int LINES_MAX = 100_000;

  private final Process process;
  private final BufferedReader output;

  private JudgedProgram(Process process) {
    this.process = process;
    this.output = process.inputReader();
  }

  static JudgedProgram start(Subject subject, String... arguments) throws IOException {
    List<String> all = new ArrayList<>(subject.command());
    all.addAll(List.of(arguments));
    Process process = new ProcessBuilder(all).start();
    subject.lastWords().follow(process);
    var ignored =
        CompletableFuture.runAsync(
            process::destroyForcibly,
            CompletableFuture.delayedExecutor(LIMIT_SECONDS, TimeUnit.SECONDS));
    return new JudgedProgram(process);
  }

  void say(String text) throws IOException {
    OutputStream input = process.getOutputStream();
    input.write(text.getBytes(StandardCharsets.UTF_8));
    input.flush();
  }

  /**
   * Says all of it and ends the input; on a thread, since the program may take no more before it is
   * read from.
   */
  void sayAll(String text) {
    Thread ignored =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try (OutputStream input = process.getOutputStream()) {
                input.write(text.getBytes(StandardCharsets.UTF_8));
              } catch (IOException e) {
                // What it has not heard is missing in what it says.
              }
            });
  }

  /** Its next line. */
  String line() throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw new JudgementException("it says nothing more, and was expected to");
    }
    return line;
  }

  /** All that it says until its end. */
  List<String> rest() {
    return output.lines().toList();
  }

  /** Passes over other lines. */
  void await(String expected) throws IOException {
    for (int i = 0; i < LINES_MAX; i++) {
      String line = output.readLine();
      if (line == null) {
        throw new JudgementException("it does not say \"" + expected + "\" before its end");
      }
      if (line.equals(expected)) {
        return;
      }
    }
    throw new JudgementException("it says " + LINES_MAX + " lines, and not \"" + expected + "\"");
  }

  /** Nobody reads from it any more. */
  void stopReading() throws IOException {
    output.close();
  }

  /** Sends SIGTERM. By the handle: {@code Process.destroy} would close what it still writes to. */
  void terminate() {
    boolean ignored = process.toHandle().destroy();
  }

  /** Its exit code. */
  int await(Duration limit) throws InterruptedException {
    if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new JudgementException("it did not end within " + limit.toSeconds() + " s");
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    boolean ignored = process.toHandle().destroyForcibly();
  }
}
