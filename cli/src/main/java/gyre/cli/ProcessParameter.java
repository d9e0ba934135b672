package gyre.cli;

import gyre.insight.GyreProcess;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Which process a command is about: may be left out where there is only one. */
final class ProcessParameter {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "PID",
      arity = "0..1",
      description = "The process; where only one has Gyre loops it may be left out.")
  private long pid;

  boolean isGiven() {
    return pid != 0;
  }

  long pid() {
    return pid;
  }

  /** The one that is meant. */
  long only() throws IOException {
    if (isGiven()) {
      return pid;
    }
    List<Long> all = others();
    if (all.size() == 1) {
      return all.getFirst();
    }
    throw new ParameterException(
        spec.commandLine(),
        all.isEmpty()
            ? "no process of this user has Gyre loops"
            : "which process? there are "
                + String.join(", ", all.stream().map(String::valueOf).toList()));
  }

  /** All but this one. */
  static List<Long> others() throws IOException {
    long own = ProcessHandle.current().pid();
    return GyreProcess.all().stream().filter(each -> each != own).toList();
  }
}
