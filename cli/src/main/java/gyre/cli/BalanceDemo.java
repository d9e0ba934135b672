package gyre.cli;

import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.ShutdownOptions;
import gyre.balancer.BalancerDemo;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gyre balance demo}: three targets, a load, a balancer and its page. */
@Command(
    name = "demo",
    description = {
      "Three targets, a load and a balancer in one process, with its page; until Ctrl-C.",
      "One of the targets goes away every now and then, and comes back."
    },
    mixinStandardHelpOptions = true)
final class BalanceDemo implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--web",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:7090",
      converter = ListenAddress.Converter.class,
      description = "Where the page is; port 0 lets the system choose. Default: ${DEFAULT-VALUE}")
  private ListenAddress web = new ListenAddress("127.0.0.1", 7090);

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    LoopGroup group = LoopGroup.open(2, LoopOptions.defaults().name("demo"));
    return group
        .runUntilShutdown(
            ShutdownOptions.atOnce(),
            () -> {
              InetSocketAddress where = new InetSocketAddress(web.host(), web.port());
              BalancerDemo demo = BalancerDemo.start(group, where, event -> tell(out, event));
              tell(out, "page at " + demo.balancer().link() + "; Ctrl-C stops it");
            })
        .code();
  }

  private static void tell(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }
}
