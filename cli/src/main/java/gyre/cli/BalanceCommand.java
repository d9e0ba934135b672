package gyre.cli;

import gyre.ExitStatus;
import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.ShutdownOptions;
import gyre.balancer.Balancer;
import gyre.balancer.BalancerConfig;
import gyre.balancer.BalancerFile;
import gyre.insight.text.Plural;
import gyre.process.OsSignal;
import gyre.process.SignalStream;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre balance}: the load balancer. */
@Command(
    name = "balance",
    description = {
      "A load balancer for TCP and UDP.",
      "For example: gyre balance :8080 10.0.0.1:80 10.0.0.2:80",
      "TERM stops it in order, a second TERM at once. HUP reads the file again."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false,
    subcommands = {BalanceCheck.class, BalanceCtl.class, BalanceDemo.class})
final class BalanceCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "ADDRESS",
      arity = "0..*",
      description = "Where to listen, and the targets: HOST:PORT, or :PORT to listen everywhere.")
  private List<String> addresses = new ArrayList<>();

  @Option(names = "--config", paramLabel = "FILE", description = "Does what this file says.")
  private Optional<Path> file = Optional.empty();

  @Option(
      names = "--loops",
      paramLabel = "N",
      defaultValue = "0",
      description = "So many loops; 0, the default, is what the file says, or one per processor.")
  private int loops;

  @Option(
      names = "--control",
      paramLabel = "SOCKET",
      description = "Takes commands of 'gyre balance ctl' on this Unix socket.")
  private Optional<Path> control = Optional.empty();

  @Option(
      names = "--access-log",
      paramLabel = "FILE",
      description = "Writes a line for each connection.")
  private Optional<Path> accessLog = Optional.empty();

  @Option(
      names = "--web",
      paramLabel = "HOST:PORT",
      converter = ListenAddress.Converter.class,
      description = "Where the page is, and /metrics for Prometheus.")
  private Optional<ListenAddress> web = Optional.empty();

  @Option(
      names = "--take-over",
      paramLabel = "SOCKET",
      description =
          "Goes on with the listening sockets of the balancer with this control socket, which ends"
              + " when its connections have.")
  private Optional<Path> before = Optional.empty();

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      defaultValue = "auto",
      converter = Serve.EngineName.class,
      description = "auto, io_uring, epoll or nio. Default: ${DEFAULT-VALUE}")
  private String engine = "auto";

  @Override
  public Integer call() {
    BalancerConfig config = read();
    PrintWriter out = spec.commandLine().getOut();
    int size = config.loops() > 0 ? config.loops() : Runtime.getRuntime().availableProcessors();
    LoopOptions each = LoopOptions.defaults().name("balance").engine(engine);
    LoopGroup group = LoopGroup.open(size, each);
    ShutdownOptions how = ShutdownOptions.defaults().drain(config.stopTimeout());
    ExitStatus status = group.runUntilShutdown(how, () -> start(group, config, out));
    return status.code();
  }

  private void start(LoopGroup group, BalancerConfig config, PrintWriter out) {
    Balancer balancer =
        before.isPresent()
            ? Balancer.takeOver(group, config, before.get())
            : Balancer.open(group, config);
    balancer.onReload(this::read);
    balancer.onStop(() -> group.shutdown(ShutdownOptions.defaults().drain(config.stopTimeout())));
    balancer
        .addresses()
        .forEach((name, where) -> out.println("listening on " + text(where) + " (" + name + ")"));
    if (!balancer.link().isEmpty()) {
      out.println("page at " + balancer.link());
    }
    out.println(
        "engine " + group.loop(0).engineExplanation() + ", " + Plural.of(group.size(), "loop"));
    out.flush();
    Loop first = group.loop(0);
    first.post(() -> {
      var ignored = first.start("hang-up", () -> reloadByHangUp(balancer, out));
    });
  }

  private static String text(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  /** Until the loop ends. */
  private void reloadByHangUp(Balancer balancer, PrintWriter out) {
    Loop loop = Loop.current();
    try (SignalStream signals = SignalStream.open(OsSignal.HUP)) {
      while (Fiber.awaitFirst(loop.stopping(), signals.arrived()) != loop.stopping()) {
        if (signals.poll().isEmpty()) {
          continue;
        }
        try {
          balancer.reload();
          out.println("configuration loaded");
        } catch (RuntimeException e) {
          out.println("the configuration stays as it was: " + e.getMessage());
        }
        out.flush();
      }
    }
  }

  private BalancerConfig read() {
    BalancerConfig config;
    if (file.isPresent()) {
      if (!addresses.isEmpty()) {
        throw wrong("either --config FILE or addresses, not both");
      }
      config = BalancerFile.read(file.get());
    } else if (addresses.size() < 2) {
      throw wrong(
          "where to listen and at least one target are missing, for example: :8080 10.0.0.1:80");
    } else {
      config = simple();
    }
    config = loops > 0 ? config.loops(loops) : config;
    config = control.isPresent() ? config.control(control.get()) : config;
    config = web.isPresent() ? config.web(webAddress(web.get())) : config;
    return accessLog.isPresent() ? config.accessLog(accessLog.get()) : config;
  }

  private BalancerConfig simple() {
    try {
      return BalancerConfig.simple(addresses.getFirst(), addresses.subList(1, addresses.size()));
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()));
    }
  }

  private static InetSocketAddress webAddress(ListenAddress address) {
    return new InetSocketAddress(address.host(), address.port());
  }

  private ParameterException wrong(String what) {
    return new ParameterException(spec.commandLine(), what);
  }
}
