package gyre.cli;

import gyre.queue.Bench;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gyre queue bench}: how fast this machine is at it. */
@Command(
    name = "bench",
    description =
        "Measures enqueueing, throughput and latency in a directory of its own, or with --url in an"
            + " empty PostgreSQL database.",
    mixinStandardHelpOptions = true)
final class QueueBench implements Callable<Integer> {
  private static final int ENTRIES_LIMIT = 10_000_000;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--entries",
      paramLabel = "N",
      defaultValue = "20000",
      description = "How many. Default: ${DEFAULT-VALUE}")
  private int entries = 20_000;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "20000",
      description =
          "How many are executed before, one by one and in batches, and not counted: a JVM compiles"
              + " what it executes often. Default: ${DEFAULT-VALUE}")
  private int warmUp = 20_000;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "Of an empty database, as postgresql://USER@HOST:5432/DATABASE.")
  private Optional<String> url = Optional.empty();

  @Option(
      names = "--workers",
      paramLabel = "N",
      defaultValue = "4",
      description = "Threads for SQL, with --url. Default: ${DEFAULT-VALUE}")
  private int workers = 4;

  @Override
  public Integer call() throws IOException {
    check("--entries", entries, 1);
    check("--warm-up", warmUp, 0);
    PrintWriter out = spec.commandLine().getOut();
    Consumer<String> print =
        line -> {
          out.println(line);
          out.flush();
        };
    if (url.isPresent()) {
      Bench.run(url.get(), workers, entries, warmUp, print);
    } else {
      Bench.run(entries, warmUp, print);
    }
    return 0;
  }

  private void check(String option, int value, int least) {
    if (value < least || value > ENTRIES_LIMIT) {
      throw new ParameterException(
          spec.commandLine(),
          option + ": " + value + " is not from " + least + " to " + ENTRIES_LIMIT);
    }
  }
}
