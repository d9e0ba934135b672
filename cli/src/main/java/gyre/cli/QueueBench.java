package gyre.cli;

import gyre.queue.Bench;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gyre queue bench}: how fast this machine is at it. */
@Command(
    name = "bench",
    description = "Measures enqueueing, throughput and latency in a directory of its own.",
    mixinStandardHelpOptions = true)
final class QueueBench implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--entries",
      paramLabel = "N",
      defaultValue = "20000",
      description = "How many. Default: ${DEFAULT-VALUE}")
  private int entries = 20_000;

  @Override
  public Integer call() throws IOException {
    if (entries < 1 || entries > 10_000_000) {
      throw new ParameterException(
          spec.commandLine(), "--entries: " + entries + " is not from 1 to 10000000");
    }
    PrintWriter out = spec.commandLine().getOut();
    Bench.run(
        entries,
        line -> {
          out.println(line);
          out.flush();
        });
    return 0;
  }
}
