package gyre.cli;

import gyre.queue.QueueOperations;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code gyre queue doctor}: what is wrong with a queue, and what to do. */
@Command(
    name = "doctor",
    description = "Says what is wrong and what to do; exits with 1 if something is.",
    mixinStandardHelpOptions = true)
final class QueueDoctor implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private QueueDirectory directory = new QueueDirectory();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    QueueOperations inspection = directory.inspect();
    List<String> findings = inspection.findings();
    findings.forEach(out::println);
    if (findings.isEmpty()) {
      out.println("nothing is wrong");
    }
    out.flush();
    return findings.isEmpty() ? 0 : 1;
  }
}
