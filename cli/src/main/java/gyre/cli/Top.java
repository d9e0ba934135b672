package gyre.cli;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.insight.Insight;
import gyre.insight.Observation;
import gyre.insight.TopJson;
import gyre.insight.TopScreen;
import gyre.insight.TopText;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gyre top}: what the loops of a process do, and what is wrong with them. */
@Command(
    name = "top",
    description = {
      "Shows what the loops of a running process do, and what is wrong with them.",
      "The process needs no preparation, and is not disturbed."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false)
final class Top implements Callable<Integer> {
  /** For the looks, and for a dump. */
  private static final int OFFLOAD_THREADS = 2;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ProcessParameter process = new ProcessParameter();

  @Option(names = "--once", description = "Look for one interval, print, and end.")
  private boolean once;

  @Option(names = "--json", description = "As JSON, one line for each look and process.")
  private boolean json;

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      defaultValue = "1",
      description = "Time between two looks. Default: ${DEFAULT-VALUE}")
  private double seconds = 1;

  @Option(
      names = "--sort",
      paramLabel = "COLUMN",
      defaultValue = "busy",
      description = "busy, name, turns, callbacks, fibers, handles, p99 or stalls. Default: busy")
  private String sort = "busy";

  @Option(
      names = "--web",
      arity = "0..1",
      fallbackValue = "127.0.0.1:7070",
      paramLabel = "HOST:PORT",
      converter = ListenAddress.Converter.class,
      description =
          "As a page for a browser, until Ctrl-C. Default: 127.0.0.1:7070. Write a PID before it.")
  private @Nullable ListenAddress web;

  @Mixin private DashboardAccess access = new DashboardAccess();

  @Override
  public Integer call() throws Exception {
    if (!(seconds >= 0.05 && seconds <= 3600)) {
      throw new ParameterException(
          spec.commandLine(), "--interval: " + seconds + " is not from 0.05 to 3600 seconds");
    }
    TopText.Order order = order();
    if (web != null) {
      return serve(web);
    }
    if (once || json || !isTerminal()) {
      return print(order);
    }
    long pid = process.only();
    try (Observation observation = Observation.open(pid);
        Loop loop =
            Loop.open(
                LoopOptions.defaults()
                    .name("top")
                    .insight(false)
                    .offloadThreads(OFFLOAD_THREADS))) {
      loop.run(() -> new TopScreen(observation, interval(), order).show());
    }
    return 0;
  }

  private int serve(ListenAddress listen) throws IOException {
    long pid = process.only();
    try (Loop loop = Loop.open(LoopOptions.defaults().name("top").insight(false));
        Insight page = Insight.serve(pid, access.at(listen))) {
      spec.commandLine().getOut().println("page " + page.link());
      spec.commandLine().getOut().flush();
      return loop.runUntilShutdown(
              () -> {
                Fiber.await(Loop.current().stopping());
                return 0;
              })
          .code();
    }
  }

  private Duration interval() {
    return Duration.ofNanos((long) (seconds * 1e9));
  }

  /** The console of the JVM itself is null where there is no terminal. */
  @SuppressWarnings("SystemConsoleNull")
  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  private TopText.Order order() {
    try {
      return TopText.Order.valueOf(sort.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(),
          "--sort: '"
              + sort
              + "' is no column; columns: busy, name, turns, callbacks, fibers, handles, p99,"
              + " stalls",
          e);
    }
  }

  /** Again and again, unless only one look is wanted. */
  private int print(TopText.Order order) throws IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    List<Long> pids = process.isGiven() ? List.of(process.pid()) : ProcessParameter.others();
    if (pids.isEmpty()) {
      out.println(json ? "" : "no process of this user has Gyre loops");
      out.flush();
      return 1;
    }
    List<Observation> all = new ArrayList<>();
    try {
      for (long pid : pids) {
        open(pid, all);
      }
      if (all.isEmpty()) {
        return 1;
      }
      do {
        Thread.sleep(interval());
        for (Observation each : all) {
          print(each, order, out);
        }
        out.flush();
      } while (!once && all.stream().anyMatch(Observation::isAlive) && !out.checkError());
    } finally {
      all.forEach(Observation::close);
    }
    return 0;
  }

  /** One that ends meanwhile, or is of another release, is no reason not to show the others. */
  private void open(long pid, List<Observation> all) throws IOException {
    Observation opened = null;
    try {
      opened = Observation.open(pid);
      Observation.Look ignored = opened.look();
      all.add(opened);
    } catch (IOException e) {
      if (opened != null) {
        opened.close();
      }
      if (process.isGiven()) {
        throw e;
      }
      spec.commandLine().getErr().println("process " + pid + ": " + e.getMessage());
    }
  }

  private void print(Observation observation, TopText.Order order, PrintWriter out)
      throws IOException {
    try {
      Observation.Look look = observation.look();
      if (json) {
        out.println(TopJson.of(look));
      } else {
        TopText.lines(look, order).forEach(out::println);
      }
    } catch (IOException e) {
      if (observation.isAlive()) {
        throw e;
      }
    }
  }
}
