package gyre.cli;

import gyre.queue.QueueException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre queue show}: one entry. */
@Command(
    name = "show",
    description = "Prints an entry: where it is, its content, and why it has failed.",
    mixinStandardHelpOptions = true)
final class QueueShow implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private QueueDirectory directory = new QueueDirectory();

  @Parameters(paramLabel = "ID", description = "As enqueue has printed it, or list shows it.")
  private String id = "";

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    var found = directory.inspect().find(id);
    if (found.isEmpty()) {
      throw new QueueException("there is no entry " + id);
    }
    var item = found.get();
    out.println("id        " + item.id());
    out.println("place     " + QueueList.name(item.place()));
    out.println("file      " + item.name());
    out.println("priority  " + item.priority());
    if (!item.error().isEmpty()) {
      out.println("error     " + item.error());
    }
    out.println(item.content());
    out.flush();
    return 0;
  }
}
