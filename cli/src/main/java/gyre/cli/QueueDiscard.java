package gyre.cli;

import gyre.queue.QueueException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre queue discard}: deletes an entry. */
@Command(
    name = "discard",
    description = "Deletes an entry that waits or has failed.",
    mixinStandardHelpOptions = true)
final class QueueDiscard implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private QueueDirectory directory = new QueueDirectory();

  @Parameters(paramLabel = "ID", description = "As enqueue has printed it, or list shows it.")
  private String id = "";

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (!directory.inspect().discard(id)) {
      throw new QueueException("there is no entry " + id + " that waits, is delayed or has failed");
    }
    out.println(id + " is deleted");
    out.flush();
    return 0;
  }
}
