package gyre.cli;

import gyre.queue.Inspection.Item;
import gyre.queue.Inspection.Place;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre queue search}: entries with a text in them. */
@Command(
    name = "search",
    description = "Lists entries that have a text in their id, content or error.",
    mixinStandardHelpOptions = true)
final class QueueSearch implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private QueueDirectory directory = new QueueDirectory();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "100",
      description = "At most so many. Default: ${DEFAULT-VALUE}")
  private int limit = 100;

  @Parameters(paramLabel = "TEXT")
  private String text = "";

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    List<Item> found =
        directory.inspect().search(List.of(Place.values()), text, Math.max(1, limit));
    QueueList.print(out, found);
    return found.isEmpty() ? 1 : 0;
  }
}
