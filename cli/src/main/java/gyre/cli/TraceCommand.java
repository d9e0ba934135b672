package gyre.cli;

import gyre.insight.Control;
import gyre.insight.TraceLine;
import gyre.insight.text.Plural;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gyre trace}: what a loop does, event by event. */
@Command(
    name = "trace",
    description = "Prints what the loops of a running process do, event by event.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false)
final class TraceCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ProcessParameter process = new ProcessParameter();

  @Option(
      names = "--handle",
      paramLabel = "NAME",
      description = "Only handles and fibers whose names contain this.")
  private @Nullable String handle;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "5",
      description = "For how long. Default: ${DEFAULT-VALUE}")
  private double seconds = 5;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "A file for ui.perfetto.dev or chrome://tracing, instead of lines.")
  private @Nullable Path output;

  @Option(names = "--json", description = "Each event as a line of JSON.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    if (!(seconds > 0 && seconds <= 3600)) {
      throw new ParameterException(
          spec.commandLine(), "--seconds: " + seconds + " is not above 0 and at most 3600");
    }
    long pid = process.only();
    String filter = handle == null ? "" : handle;
    PrintWriter out = spec.commandLine().getOut();
    if (output != null) {
      out.println(
          Plural.of(write(pid, filter, output), "event")
              + " in "
              + output
              + "; open it in ui.perfetto.dev or chrome://tracing");
    } else {
      Control.trace(
          pid,
          seconds,
          filter,
          line -> {
            String shown = json ? line : TraceLine.of(line);
            if (!shown.isEmpty()) {
              out.println(shown);
            }
            if (out.checkError()) { // a full disk, or a pipe whose reader has gone
              throw new UncheckedIOException(
                  "the output takes no more: the trace is cut", new IOException("write"));
            }
          });
    }
    out.flush();
    return 0;
  }

  /** Readers of such files take an array without its end, so a cut one is readable too. */
  private long write(long pid, String filter, Path file) throws IOException {
    long[] events = {0};
    try (BufferedWriter writer = Files.newBufferedWriter(file)) {
      writer.write("[");
      Control.trace(
          pid,
          seconds,
          filter,
          line -> {
            try {
              writer.write((events[0] == 0 ? "\n" : ",\n") + line);
            } catch (IOException e) {
              throw new UncheckedIOException("cannot write " + file, e);
            }
            events[0]++;
          });
      writer.write("\n]\n");
    }
    return events[0];
  }
}
