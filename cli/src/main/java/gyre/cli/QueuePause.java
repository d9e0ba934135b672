package gyre.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre queue pause}: nothing more is begun. */
@Command(
    name = "pause",
    description = "Has workers begin nothing more, over restarts too, until resume.",
    mixinStandardHelpOptions = true)
final class QueuePause implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private QueueDirectory directory = new QueueDirectory();

  @Parameters(paramLabel = "KIND", arity = "0..1", description = "Of that operation alone.")
  private String kind = "";

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    directory.inspect().pause(kind);
    out.println((kind.isEmpty() ? "the queue" : kind) + " is paused");
    out.flush();
    return 0;
  }
}
