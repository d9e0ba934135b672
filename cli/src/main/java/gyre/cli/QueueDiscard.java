package gyre.cli;

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

  @Parameters(paramLabel = "ID")
  private String id = "";

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    boolean isFound = directory.inspect().discard(id);
    out.println(
        isFound ? id + " is deleted" : "no entry " + id + " that waits, is delayed or has failed");
    out.flush();
    return isFound ? 0 : 1;
  }
}
