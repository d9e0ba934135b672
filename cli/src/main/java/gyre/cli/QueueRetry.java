package gyre.cli;

import gyre.queue.QueueException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre queue retry}: tries again what was given up. */
@Command(
    name = "retry",
    description = "Has an entry done again that has failed, or now one that waits for its time.",
    mixinStandardHelpOptions = true)
final class QueueRetry implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private QueueDirectory directory = new QueueDirectory();

  @Parameters(paramLabel = "ID", description = "As enqueue has printed it, or list shows it.")
  private String id = "";

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (!directory.inspect().retry(id)) {
      throw new QueueException("there is no failed or delayed entry " + id);
    }
    out.println(id + " waits in pending/ again");
    out.flush();
    return 0;
  }
}
