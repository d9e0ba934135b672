package gyre.cli;

import gyre.Fiber;
import gyre.Loop;
import gyre.queue.Backend;
import gyre.queue.Dashboard;
import gyre.queue.DashboardOptions;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre queue dashboard}: the page alone, beside workers of other processes. */
@Command(
    name = "dashboard",
    description = "Shows a queue and its workers as a page, until Ctrl-C.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class QueueDashboard implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private QueueDirectory directory = new QueueDirectory();

  @Parameters(
      paramLabel = "HOST:PORT",
      arity = "0..1",
      defaultValue = DashboardAccess.DEFAULT,
      converter = ListenAddress.Converter.class,
      description = "Where it is. Default: ${DEFAULT-VALUE}")
  private ListenAddress listen = ListenAddress.parse(DashboardAccess.DEFAULT);

  @Mixin private DashboardAccess access = new DashboardAccess();

  @Override
  public Integer call() {
    try (Backend backend = directory.open();
        Loop loop = Loop.open();
        Dashboard dashboard = Dashboard.open(DashboardOptions.of(backend).web(access.at(listen)))) {
      print(spec.commandLine().getOut(), dashboard);
      return loop.runUntilShutdown(
              () -> {
                Fiber.await(Loop.current().stopping());
                return 0;
              })
          .code();
    }
  }

  static void print(PrintWriter out, Dashboard dashboard) {
    out.println("dashboard " + dashboard.link());
    out.flush();
  }
}
