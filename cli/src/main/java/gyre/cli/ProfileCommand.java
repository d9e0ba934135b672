package gyre.cli;

import gyre.lab.Lab;
import gyre.lab.ProfileReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre profile}: where the time of a process goes. */
@Command(
    name = "profile",
    customSynopsis = {
      "gyre profile [OPTIONS] PID",
      "gyre profile [OPTIONS] -- COMMAND [ARGUMENT...]"
    },
    description = {
      "Tells where the time of any process goes: user and kernel, frames with a flame graph,"
          + " what it waits for, system calls.",
      "A command that is started here ends with the profile, and",
      "with it what it has started; of that no more is told than how much CPU time it used."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false)
final class ProfileCommand implements Callable<Integer> {
  private static final int GRACE_SECONDS = 5;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "PID or COMMAND",
      arity = "1..*",
      description = "The number of a process, or, behind --, a command and its arguments.")
  private List<String> words = new ArrayList<>();

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "9",
      description = "How long it is looked at. Default: ${DEFAULT-VALUE}")
  private double seconds = 9;

  @Option(
      names = "--strace",
      description =
          "Lets strace count system calls where perf can't: the process is slower meanwhile.")
  private boolean strace;

  @Option(
      names = "--output",
      paramLabel = "FOLDER",
      description = "For the flame graph and what tools said. Default: a new temporary folder.")
  private Optional<Path> output = Optional.empty();

  @Option(names = "--json", description = "As one line of JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (!(seconds >= 0.3 && seconds <= 3600)) {
      throw new ParameterException(
          spec.commandLine(), "--seconds: " + seconds + " is not from 0.3 to 3600");
    }
    if (words.size() == 1 && words.getFirst().matches("[0-9]{1,9}")) {
      print(Long.parseLong(words.getFirst()));
      return 0;
    }
    Process process = start();
    try {
      print(process.pid());
      return 0;
    } finally {
      end(process);
    }
  }

  private Process start() {
    try {
      // What it prints is not to stand in the JSON that is printed here.
      return new ProcessBuilder(words)
          .redirectInput(ProcessBuilder.Redirect.PIPE)
          .redirectOutput(json ? ProcessBuilder.Redirect.DISCARD : ProcessBuilder.Redirect.INHERIT)
          .redirectError(ProcessBuilder.Redirect.INHERIT)
          .start();
    } catch (IOException e) {
      throw new ParameterException(
          spec.commandLine(), "'" + words.getFirst() + "' can't be started: " + e.getMessage(), e);
    }
  }

  /** With those that it has started: a script that is ended leaves them behind. */
  private static void end(Process process) throws InterruptedException {
    List<ProcessHandle> below = process.descendants().toList();
    process.destroy();
    if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    below.forEach(ProcessHandle::destroy);
  }

  private void print(long pid) throws IOException {
    Path folder =
        output.isPresent() ? output.get() : Files.createTempDirectory("gyre-profile-" + pid + "-");
    ProfileReport report;
    try {
      report = Lab.profile(pid, seconds, strace, folder);
    } catch (RuntimeException e) {
      if (output.isEmpty()) {
        boolean ignored = folder.toFile().delete(); // stays where tools have left something in it
      }
      throw e;
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(report.json());
    } else {
      out.print(report.text());
      Path flames = folder.resolve("flames.html");
      out.println(
          Files.exists(flames)
              ? "flame graph: " + flames
              : "no flame graph: no frame was seen; what tools said is in " + folder);
    }
    out.flush();
  }
}
