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
import picocli.CommandLine.Spec;

/** {@code gyre queue dead}: what was given up. */
@Command(
    name = "dead",
    description = "Lists what has failed, with the reason.",
    mixinStandardHelpOptions = true)
final class QueueDead implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private QueueDirectory directory = new QueueDirectory();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "100",
      description = "At most so many. Default: ${DEFAULT-VALUE}")
  private int limit = 100;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    List<Item> found = directory.inspect().search(List.of(Place.FAILED), "", Math.max(1, limit));
    QueueList.print(out, found);
    return 0;
  }
}
