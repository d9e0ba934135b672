package gyre.cli;

import gyre.Loop;
import gyre.LoopOptions;
import gyre.process.ChildProcess;
import gyre.process.Command;
import gyre.process.Stdio;
import gyre.queue.Backend;
import gyre.queue.Dashboard;
import gyre.queue.DashboardOptions;
import gyre.queue.QueueWorker;
import gyre.queue.WorkerOptions;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gyre queue work}: a worker. */
@picocli.CommandLine.Command(
    name = "work",
    description = {
      "Executes what is in the queue, until TERM, which drains it; a second TERM ends it at once."
          + " HUP reads the configuration again.",
      "Of the environment: USE_EVENT_LOOP (true, false), EVENT_READ_TIMEOUT (seconds),"
          + " MAX_WATCHER_RESTARTS."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class QueueWork implements Callable<Integer> {
  private static final int WORKERS_MAX = 32;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private QueueDirectory directory = new QueueDirectory();

  @Option(
      names = "--database",
      paramLabel = "F",
      description = "The SQLite file. Default: queue.db in the directory of the queue")
  private Optional<Path> database = Optional.empty();

  @Option(
      names = "--config",
      paramLabel = "F",
      description = "Handlers and limits. Default: queue.toml in the directory, if it is there")
  private Optional<Path> config = Optional.empty();

  @Option(
      names = "--once",
      description =
          "Executes what waits, and what comes meanwhile, and ends: not what is due later, nor what"
              + " waits for a pause or for a handler whose calls hang.")
  private boolean once;

  @Option(
      names = "--foreground",
      description = "Prints the lines of worker.log too. Without it they are only in that file.")
  private boolean foreground;

  @Option(names = "--join", description = "Works beside another one on the same directory.")
  private boolean join;

  @Option(
      names = "--workers",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "So many processes; on PostgreSQL so many threads for SQL. Default: ${DEFAULT-VALUE}")
  private int workers = 1;

  @Option(
      names = "--shards",
      paramLabel = "N",
      description =
          "So many databases, each with a part of the entries; for good, in a new directory.")
  private Optional<Integer> shards = Optional.empty();

  /** Which of the workers this is; given to those that are started beside the first. */
  @Option(names = "--process", hidden = true, defaultValue = "0")
  private int process;

  @Option(
      names = "--handler",
      paramLabel = "CLASS",
      description = "A gyre.queue.QueueHandler; may be given several times.")
  private List<String> handlers = new ArrayList<>();

  @Option(
      names = "--class-path",
      paramLabel = "JAR",
      split = ":",
      description = "Where classes of handlers are.")
  private List<Path> classPath = new ArrayList<>();

  @Option(
      names = "--dashboard",
      paramLabel = "HOST:PORT",
      arity = "0..1",
      fallbackValue = DashboardAccess.DEFAULT,
      converter = ListenAddress.Converter.class,
      description = "Shows the queue as a page there. Default: " + DashboardAccess.DEFAULT)
  private @Nullable ListenAddress dashboard;

  @Mixin private DashboardAccess access = new DashboardAccess();

  @Override
  public Integer call() {
    if (workers < 1 || workers > WORKERS_MAX) {
      throw new ParameterException(
          spec.commandLine(), "--workers: " + workers + " is not from 1 to " + WORKERS_MAX);
    }
    if (once && workers > 1 && !directory.isPostgresql()) {
      throw new ParameterException(spec.commandLine(), "--once works alone: leave out --workers");
    }
    ListenAddress listen = dashboard;
    Backend backend = queue();
    QueueWorker worker = backend.worker(options());
    if (listen == null || process > 0) { // the first of several has it
      return work(worker);
    }
    DashboardOptions page = DashboardOptions.of(backend).web(access.at(listen));
    try (Dashboard opened = Dashboard.open(page)) {
      QueueDashboard.print(spec.commandLine().getOut(), opened);
      return work(worker);
    }
  }

  private int work(QueueWorker worker) {
    try (Loop loop = Loop.open(LoopOptions.defaults().name("queue"))) {
      return loop.run(() -> {
        List<ChildProcess> others = startOthers();
        worker.run();
        // They got the signal of a terminal themselves; one sent to this process alone is passed
        // on.
        for (ChildProcess each : others) {
          each.terminate();
        }
        for (ChildProcess each : others) {
          each.await();
        }
        return 0;
      });
    }
  }

  private Backend queue() {
    if (shards.isEmpty()) {
      return directory.open();
    }
    if (directory.isPostgresql()) {
      throw new ParameterException(
          spec.commandLine(), "--shards is for SQLite: PostgreSQL has many writers");
    }
    try {
      return Backend.shards(directory.path(), shards.get());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--shards: " + e.getMessage(), e);
    }
  }

  private WorkerOptions options() {
    WorkerOptions options;
    try {
      options = WorkerOptions.of(directory.path()).environment(System.getenv());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    if (directory.isPostgresql()) {
      options = options.threads(workers);
    }
    options = options.process(process, Math.max(workers, process + 1));
    options = options.once(once).join(join).signals(true).classLoader(loader(spec, classPath));
    if (database.isPresent()) {
      options = options.database(database.get());
    }
    if (config.isPresent()) {
      options = options.configuration(config.get());
    }
    if (foreground) {
      options = options.output(spec.commandLine().getOut());
    }
    for (String each : handlers) {
      options = options.handler(each);
    }
    return options;
  }

  static ClassLoader loader(CommandSpec spec, List<Path> classPath) {
    if (classPath.isEmpty()) {
      return QueueWork.class.getClassLoader();
    }
    List<URL> urls = new ArrayList<>();
    for (Path each : classPath) {
      if (!Files.exists(each)) {
        throw new ParameterException(spec.commandLine(), "--class-path: " + each + " is not there");
      }
      try {
        urls.add(each.toUri().toURL());
      } catch (MalformedURLException e) {
        throw new ParameterException(spec.commandLine(), "--class-path: " + e.getMessage(), e);
      }
    }
    return new URLClassLoader(urls.toArray(URL[]::new), QueueWork.class.getClassLoader());
  }

  /** The same command, each in a process of its own that joins this one. */
  private List<ChildProcess> startOthers() {
    List<ChildProcess> others = new ArrayList<>();
    for (int i = 1; i < workers && process == 0 && !directory.isPostgresql(); i++) {
      ChildProcess child =
          Command.of(again(i)).stdout(Stdio.INHERIT).stderr(Stdio.INHERIT).endWithParent().start();
      child.background(true);
      others.add(child);
    }
    return others;
  }

  private static List<String> again(int number) {
    ProcessHandle.Info self = ProcessHandle.current().info();
    List<String> command = new ArrayList<>();
    command.add(self.command().orElse("java"));
    List<String> arguments = List.of(self.arguments().orElseGet(() -> new String[0]));
    command.addAll(arguments);
    command.addAll(List.of("--join", "--process", String.valueOf(number)));
    return command;
  }
}
