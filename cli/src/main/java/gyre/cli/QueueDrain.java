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
    description = "Sends TERM to the workers: they finish what waits, up to their limit, and end.",
    mixinStandardHelpOptions = true)
final class QueueDrain implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private QueueDirectory directory = new QueueDirectory();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    List<Long> pids = directory.inspect().workerPids();
    for (Long each : pids) {
      ProcessHandle.of(each).ifPresent(ProcessHandle::destroy);
      out.println("worker " + each + " was asked to drain and end");
    }
    if (pids.isEmpty()) {
      out.println("no worker runs");
    }
    out.flush();
    return pids.isEmpty() ? 1 : 0;
  }
}
