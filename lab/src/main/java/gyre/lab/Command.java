package gyre.lab;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Other programs that are run to their end. */
final class Command {
  private static final int CANNOT_START = 127;
  private static final Pattern COLOURS = Pattern.compile("\u001b\\[[0-9;]*m");

  private Command() {}

  /** Shows what it says as it comes; its exit code. */
  static int in(Path folder, PrintStream out, List<String> command) {
    try {
      Process process = builder(folder, command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      process
          .inputReader()
          .lines()
          .map(line -> COLOURS.matcher(line).replaceAll(""))
          .filter(line -> !line.isBlank()) // Maven resets colours that it was told not to use
          .forEach(out::println);
      return process.waitFor();
    } catch (IOException e) {
      out.println(e.getMessage());
      return CANNOT_START;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return CANNOT_START;
    }
  }

  /** What it says, stripped; empty where it fails. */
  static Optional<String> answer(Path folder, List<String> command) {
    try {
      Process process =
          builder(folder, command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String answer =
          new String(
              process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      return process.waitFor() == 0 ? Optional.of(answer.strip()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static ProcessBuilder builder(Path folder, List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    // Maven has to run on the JDK that this runs on, whatever the default one is.
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().putIfAbsent("MAVEN_OPTS", "--sun-misc-unsafe-memory-access=allow");
    return builder;
  }
}
