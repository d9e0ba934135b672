package gyre.cli;

import gyre.queue.Demo;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre queue demo}: all of it at once, to look at. */
@Command(
    name = "demo",
    description =
        "A worker, a generator of entries and the dashboard, in a folder that goes again at Ctrl-C.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class QueueDemo implements Callable<Integer> {
  private static final int RATE_MOST = 1000;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "HOST:PORT",
      arity = "0..1",
      defaultValue = DashboardAccess.DEFAULT,
      converter = ListenAddress.Converter.class,
      description = "Where the dashboard is. Default: ${DEFAULT-VALUE}")
  private ListenAddress listen = ListenAddress.parse(DashboardAccess.DEFAULT);

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "20",
      description = "Entries in a second. Default: ${DEFAULT-VALUE}")
  private int rate = 20;

  @Mixin private DashboardAccess access = new DashboardAccess();

  @Override
  public Integer call() throws IOException {
    if (rate < 1 || rate > RATE_MOST) {
      throw new ParameterException(
          spec.commandLine(), "--rate: " + rate + " is not from 1 to " + RATE_MOST);
    }
    PrintWriter out = spec.commandLine().getOut();
    Demo.run(
        access.at(listen),
        rate,
        line -> {
          out.println(line);
          out.flush();
        });
    return 0;
  }
}
