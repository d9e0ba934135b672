package gyre.cli;

import gyre.balancer.BalancerConfig;
import gyre.balancer.BalancerFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre balance check}: whether a configuration is right. */
@Command(
    name = "check",
    description = "Reads a configuration as the balancer would, and lists what it says.",
    mixinStandardHelpOptions = true)
final class BalanceCheck implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", description = "The file of TOML.")
  private Path file = Path.of("balance.toml");

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    BalancerConfig config = BalancerFile.read(file);
    config.listens().forEach(out::println);
    config.pools().forEach(out::println);
    out.println(file + " is right");
    out.flush();
    return 0;
  }
}
