package gyre.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code gyre queue drain}: has the workers finish and end. */
@Command(
    name = "drain",
    description = "Asks the workers to end: they finish what waits, up to their limit, and end.",
    mixinStandardHelpOptions = true)
final class QueueDrain implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private QueueDirectory directory = new QueueDirectory();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    List<String> asked = directory.inspect().drain();
    asked.forEach(out::println);
    if (asked.isEmpty()) {
      out.println("no worker runs");
    }
    out.flush();
    return asked.isEmpty() ? 1 : 0;
  }
}
