package gyre.cli;

import gyre.insight.GyreProcess;
import gyre.lab.Lab;
import gyre.lab.gates.Gate;
import gyre.lab.gates.GateOptions;
import gyre.lab.gates.GateReport;
import gyre.lab.gates.Inside;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre gates}: five quality gates for any server of TCP echo or HTTP. */
@Command(
    name = "gates",
    description = {
      "Judges a server by five gates, under load: latency, fairness, memory, CPU time, and"
          + " many connections.",
      "A Gyre process tells its inner figures too.",
      "It puts the server under full load: do not name one that people use."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {
      "0:all gates were passed",
      "1:a gate was failed, or there is no such server",
      "2:wrong arguments",
      "3:none was failed, but one could not be judged here"
    },
    sortOptions = false)
final class GatesCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "TARGET",
      description = {
        "HOST:PORT (echo or HTTP), http://HOST:PORT/PATH, or the number of a process.",
        "Over TLS: tls://HOST:PORT, https://HOST:PORT/PATH. Of IPv6: [::1]:PORT."
      })
  private String target = "";

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "A,B",
      description = "Of latency, fairness, memory, cpu, connections. Default: all.")
  private List<String> only = new ArrayList<>();

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "100",
      description = "How long all of it takes, about. Default: ${DEFAULT-VALUE}")
  private int seconds = 100;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "2000",
      description = "Requests a second at which latency is judged. Default: ${DEFAULT-VALUE}")
  private long rate = 2000;

  @Option(
      names = "--latency-ms",
      paramLabel = "N",
      defaultValue = "20",
      description = "What p99 must not exceed at that rate. Default: ${DEFAULT-VALUE}")
  private double latencyMillis = 20;

  @Option(
      names = "--connections",
      paramLabel = "N",
      defaultValue = "50",
      description = "Connections that work at a time. Default: ${DEFAULT-VALUE}")
  private int connections = 50;

  @Option(
      names = "--hold",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Connections to hold and to serve at a time. Default: ${DEFAULT-VALUE}")
  private int hold = 10_000;

  @Option(
      names = "--bytes",
      paramLabel = "N",
      defaultValue = "64",
      description = "Length of a message to an echo server. Default: ${DEFAULT-VALUE}")
  private int bytes = 64;

  @Option(
      names = "--cpu-ratio",
      paramLabel = "N",
      defaultValue = "3",
      description =
          "How many times the CPU time of a C program on io_uring a request may take."
              + " Default: ${DEFAULT-VALUE}")
  private double cpuRatio = 3;

  @Option(
      names = "--leak-bytes",
      paramLabel = "N",
      defaultValue = "16",
      description =
          "By how many bytes memory may grow with each request. Default: ${DEFAULT-VALUE}")
  private double leakBytes = 16;

  @Option(names = "--html", paramLabel = "FILE", description = "Writes one page.")
  private Optional<Path> html = Optional.empty();

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Writes JSON; - writes it to standard output, and the rest to standard error.")
  private Optional<Path> json = Optional.empty();

  @Override
  public Integer call() {
    GateOptions options =
        GateOptions.defaults()
            .gates(gates())
            .seconds(seconds)
            .rate(rate)
            .latencyLimitMillis(latencyMillis)
            .busyConnections(connections)
            .heldConnections(hold)
            .messageBytes(bytes)
            .cpuRatioLimit(cpuRatio)
            .leakLimitBytes(leakBytes);
    boolean isJsonOut = json.filter(file -> file.toString().equals("-")).isPresent();
    List<Path> files = new ArrayList<>();
    List<Path> pages = new ArrayList<>();
    html.ifPresent(pages::add);
    if (!isJsonOut) {
      json.ifPresent(files::add);
    }
    try (PrintStream out =
        LinesTo.writer(isJsonOut ? spec.commandLine().getErr() : spec.commandLine().getOut())) {
      GateReport report = Lab.gates(target, options, GatesCommand::inside, pages, files, out);
      if (isJsonOut) {
        spec.commandLine().getOut().println(report.json());
        spec.commandLine().getOut().flush();
      }
      return report.exitStatus();
    }
  }

  private Set<Gate> gates() {
    if (only.isEmpty()) {
      return EnumSet.allOf(Gate.class);
    }
    Set<Gate> chosen = EnumSet.noneOf(Gate.class);
    for (String each : only) {
      try {
        chosen.add(Gate.valueOf(each.strip().toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        throw new ParameterException(
            spec.commandLine(),
            "--only: '" + each + "' is no gate; gates: latency, fairness, memory, cpu, connections",
            e);
      }
    }
    return chosen;
  }

  /** Of a process without Gyre loops nothing is known inside. */
  private static Optional<Inside> inside(long pid) {
    try {
      return GyreProcess.all().contains(pid)
          ? Optional.of(InsideOfLoops.open(pid))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
