package gyre.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program of the tests in a process of its own, for faults that only a process can have. */
final class TestJvm implements AutoCloseable {
  private final Process process;
  private final Path output;

  private TestJvm(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  /**
   * @param before what starts it, such as {@code strace}; may be empty
   * @param output where its output goes
   */
  static TestJvm start(
      List<String> before, List<String> flags, Path output, Class<?> program, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-Xmx128m",
            "-ea",
            "-Dgyre.insight=false", // a third of the time of a start
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path")));
    command.addAll(flags);
    command.add(program.getName());
    command.addAll(List.of(arguments));
    return new TestJvm(
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start(),
        output);
  }

  /** Whether {@code strace} is there, and may trace. */
  static boolean canTrace() {
    try {
      return new ProcessBuilder("strace", "-qq", "-o", "/dev/null", "true").start().waitFor() == 0;
    } catch (IOException | InterruptedException e) {
      return false;
    }
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** By its name without SIG. */
  void signal(String name) throws Exception {
    new ProcessBuilder("kill", "-" + name, String.valueOf(pid())).start().waitFor();
  }

  /** Whether it was stopped, as by SIGSTOP. */
  boolean isStopped() {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid() + "/stat"));
      return stat.startsWith("T", stat.lastIndexOf(')') + 2);
    } catch (IOException e) {
      return false;
    }
  }

  /** What it ended with. */
  int awaitEnd() throws Exception {
    if (!process.waitFor(120, TimeUnit.SECONDS)) {
      throw new AssertionError("it did not end: " + Files.readString(output));
    }
    return process.exitValue();
  }

  /** What started it is ended last, since it would leave behind what it started. */
  @Override
  public void close() {
    process.descendants().toList().forEach(TestJvm::end);
    end(process.toHandle());
  }

  private static void end(ProcessHandle each) {
    each.destroyForcibly();
    each.onExit().orTimeout(60, TimeUnit.SECONDS).join();
  }
}
