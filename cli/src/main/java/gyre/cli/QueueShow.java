package gyre.cli;

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

  @Parameters(paramLabel = "ID")
  private String id = "";

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    var found = directory.inspect().find(id);
    if (found.isEmpty()) {
      out.println("no entry " + id);
      out.flush();
      return 1;
    }
    var item = found.get();
    out.println("id        " + item.id());
    out.println("place     " + item.place().name().toLowerCase(java.util.Locale.ROOT));
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
