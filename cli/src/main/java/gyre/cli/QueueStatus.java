package gyre.cli;

import gyre.queue.QueueOperations;
import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gyre queue status}: how many entries are where, and how the workers are. */
@Command(
    name = "status",
    description = "How many entries are where, and how the workers are.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class QueueStatus implements Callable<Integer> {
  private static final Duration WATCH_PERIOD = Duration.ofSeconds(1);

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private QueueDirectory directory = new QueueDirectory();

  @Option(names = "--json", description = "As one line of JSON.")
  private boolean json;

  @Option(names = "--watch", description = "Again each second, until Ctrl-C.")
  private boolean watch;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    QueueOperations inspection = directory.inspect();
    print(inspection, out);
    while (watch && !out.checkError()) { // nobody reads a pipe that is closed
      Thread.sleep(WATCH_PERIOD);
      if (!json) {
        out.print(isScreen() ? "\033[H\033[2J" : System.lineSeparator()); // home, screen empty
      }
      print(inspection, out);
    }
    return 0;
  }

  /** Else a pipe or a file, or a terminal that knows no sequences. */
  @SuppressWarnings("SystemConsoleNull")
  private static boolean isScreen() {
    Console console = System.console();
    return console != null && console.isTerminal() && !"dumb".equals(System.getenv("TERM"));
  }

  private void print(QueueOperations inspection, PrintWriter out) {
    if (json) {
      out.println(inspection.json());
    } else {
      inspection.report().forEach(out::println);
    }
    out.flush();
  }
}
