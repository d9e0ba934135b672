package gyre.cli;

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

  @Parameters(paramLabel = "ID")
  private String id = "";

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    boolean isFound = directory.inspect().retry(id);
    out.println(isFound ? id + " waits in pending/ again" : "no failed or delayed entry " + id);
    out.flush();
    return isFound ? 0 : 1;
  }
}
