package gyre.cli;

import gyre.insight.Control;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gyre dump}: all scopes and fibers of a process. */
@Command(
    name = "dump",
    description = {
      "Prints the scopes, fibers and handles of a running process: what each fiber waits for,"
          + " since when, who can wake it, and its stack.",
      "Also where its loops are stuck."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false)
final class Dump implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ProcessParameter process = new ProcessParameter();

  @Option(names = "--json", description = "As JSON, a line for each scope, fiber and handle.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Control.tree(process.only(), out::println);
    } else {
      out.print(Control.dump(process.only()));
    }
    out.flush();
    return 0;
  }
}
