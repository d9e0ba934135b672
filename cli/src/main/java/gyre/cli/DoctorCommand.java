package gyre.cli;

import gyre.insight.Check;
import gyre.insight.ConnectionCost;
import gyre.insight.Doctor;
import gyre.insight.DoctorReport;
import gyre.insight.GyreProcess;
import gyre.insight.Machine;
import gyre.insight.ProcessSnapshot;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gyre doctor}: what of the machine is in the way. */
@Command(
    name = "doctor",
    description = {
      "Examines the machine, and a process if one is named: kernel, limits, network, container.",
      "Says what to type to change what is bad, and changes nothing itself."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {"0:nothing is bad", "1:something is", "2:wrong arguments"},
    sortOptions = false)
final class DoctorCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ProcessParameter process = new ProcessParameter();

  @Option(
      names = "--for",
      paramLabel = "GOAL",
      description = "How many connections are wanted: C10K, C100K or C1M.")
  private Doctor.@Nullable Goal goal;

  @Option(names = "--json", description = "As one line of JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Doctor.Goal wanted = goal == null ? Doctor.Goal.ANY : goal;
    ProcessSnapshot loops = process.isGiven() ? read(process.pid()) : null;
    List<Check> checks = Doctor.examine(Machine.REAL, process.pid(), wanted, loops);
    ConnectionCost cost = goal == null ? null : ConnectionCost.measure(Machine.REAL).orElse(null);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(DoctorReport.json(checks, wanted, cost));
    } else {
      DoctorReport.lines(checks, wanted, cost).forEach(out::println);
    }
    out.flush();
    return DoctorReport.isGood(checks) ? 0 : 1;
  }

  private static ProcessSnapshot read(long pid) throws IOException {
    try (GyreProcess process = GyreProcess.open(pid)) {
      return process.read();
    }
  }
}
