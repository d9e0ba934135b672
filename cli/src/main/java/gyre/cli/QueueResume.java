package gyre.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre queue resume}: entries are begun again. */
@Command(name = "resume", description = "The opposite of pause.", mixinStandardHelpOptions = true)
final class QueueResume implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private QueueDirectory directory = new QueueDirectory();

  @Parameters(paramLabel = "KIND", arity = "0..1", description = "Of that operation alone.")
  private String kind = "";

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    boolean wasPaused = directory.inspect().resume(kind);
    out.println(
        (kind.isEmpty() ? "the queue" : kind) + (wasPaused ? " goes on" : " was not paused"));
    out.flush();
    return 0;
  }
}
