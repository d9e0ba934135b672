package gyre.queue;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How a {@link Worker} works. Immutable; each method that takes a value gives a changed copy. */
public final class WorkerOptions {
  /** Whether the kernel tells of new files. */
  public enum Watching {
    /** It does, and where that fails they are looked for. */
    DETECT,
    ON,
    /** They are looked for, ten times a second. */
    OFF
  }

  private final Path directory;
  private final @Nullable Path database;
  private final @Nullable Path configuration;
  private final Watching watching;
  private final Duration readTimeout;
  private final int watcherRestarts;
  private final Duration watchAgainAfter;
  private final boolean isOnce;
  private final boolean joins;
  private final boolean takesSignals;
  private final int threads;
  private final int process;
  private final int processes;
  private final int shard;
  private final int shards;
  private final @Nullable PrintWriter output;
  private final ClassLoader classLoader;
  private final List<QueueHandler> handlers;

  private WorkerOptions(Builder from) {
    directory = from.directory;
    database = from.database;
    configuration = from.configuration;
    watching = from.watching;
    readTimeout = from.readTimeout;
    watcherRestarts = from.watcherRestarts;
    watchAgainAfter = from.watchAgainAfter;
    isOnce = from.isOnce;
    joins = from.joins;
    takesSignals = from.takesSignals;
    threads = from.threads;
    process = from.process;
    processes = from.processes;
    shard = from.shard;
    shards = from.shards;
    output = from.output;
    classLoader = from.classLoader;
    handlers = List.copyOf(from.handlers);
  }

  /** The fields while one of them is changed. */
  private static final class Builder {
    Path directory;
    @Nullable Path database;
    @Nullable Path configuration;
    Watching watching = Watching.DETECT;
    Duration readTimeout = Duration.ofSeconds(5);
    int watcherRestarts = 3;
    Duration watchAgainAfter = Duration.ofSeconds(30);
    boolean isOnce;
    boolean joins;
    boolean takesSignals;
    int threads = 1;
    int process;
    int processes = 1;
    int shard;
    int shards = 1;
    @Nullable PrintWriter output;
    ClassLoader classLoader = WorkerOptions.class.getClassLoader();
    List<QueueHandler> handlers = new ArrayList<>();

    Builder(Path directory) {
      this.directory = directory;
    }
  }

  private Builder copy() {
    Builder copy = new Builder(directory);
    copy.database = database;
    copy.configuration = configuration;
    copy.watching = watching;
    copy.readTimeout = readTimeout;
    copy.watcherRestarts = watcherRestarts;
    copy.watchAgainAfter = watchAgainAfter;
    copy.isOnce = isOnce;
    copy.joins = joins;
    copy.takesSignals = takesSignals;
    copy.threads = threads;
    copy.process = process;
    copy.processes = processes;
    copy.shard = shard;
    copy.shards = shards;
    copy.output = output;
    copy.classLoader = classLoader;
    copy.handlers = new ArrayList<>(handlers);
    return copy;
  }

  /** Of the queue in that directory, which is made if it is missing. */
  public static WorkerOptions of(Path directory) {
    return new WorkerOptions(new Builder(directory));
  }

  /** What the environment of the shell worker says: USE_EVENT_LOOP and its companions. */
  public WorkerOptions environment(Map<String, String> variables) {
    Builder copy = copy();
    String use = variables.getOrDefault("USE_EVENT_LOOP", "");
    copy.watching =
        switch (use) {
          case "true" -> Watching.ON;
          case "false" -> Watching.OFF;
          case "" -> copy.watching;
          default ->
              throw new IllegalArgumentException(
                  "USE_EVENT_LOOP must be true, false or unset: " + use);
        };
    copy.readTimeout =
        Duration.ofSeconds(
            number(variables, "EVENT_READ_TIMEOUT", copy.readTimeout.toSeconds(), 1, 3600));
    copy.watcherRestarts =
        (int) number(variables, "MAX_WATCHER_RESTARTS", copy.watcherRestarts, 0, 1000);
    return new WorkerOptions(copy);
  }

  private static long number(
      Map<String, String> variables, String name, long defaultValue, long least, long most) {
    String text = variables.get(name);
    if (text == null || text.isEmpty()) {
      return defaultValue;
    }
    if (text.matches("[0-9]{1,9}")) {
      long value = Long.parseLong(text);
      if (value >= least && value <= most) {
        return value;
      }
    }
    throw new IllegalArgumentException(
        name + " must be a number from " + least + " to " + most + ": " + text);
  }

  /** The SQLite file; {@code queue.db} in the directory of the queue if nothing is said. */
  public WorkerOptions database(Path value) {
    Builder copy = copy();
    copy.database = value;
    return new WorkerOptions(copy);
  }

  /** {@code queue.toml} in the directory of the queue, if it is there and nothing is said. */
  public WorkerOptions configuration(Path value) {
    Builder copy = copy();
    copy.configuration = value;
    return new WorkerOptions(copy);
  }

  public WorkerOptions watching(Watching value) {
    Builder copy = copy();
    copy.watching = value;
    return new WorkerOptions(copy);
  }

  /** After how much silence the directory is looked at, and the heartbeat written. */
  public WorkerOptions readTimeout(Duration value) {
    if (value.toMillis() < 1) {
      throw new IllegalArgumentException("the timeout must be 1 ms or more: " + value);
    }
    Builder copy = copy();
    copy.readTimeout = value;
    return new WorkerOptions(copy);
  }

  /** For how long it polls before it tries to watch again. */
  WorkerOptions watchAgainAfter(Duration value) {
    Builder copy = copy();
    copy.watchAgainAfter = value;
    return new WorkerOptions(copy);
  }

  /** Executes what waits, and ends. */
  public WorkerOptions once(boolean on) {
    Builder copy = copy();
    copy.isOnce = on;
    return new WorkerOptions(copy);
  }

  /** Works beside others on the same directory. Else a second one is refused. */
  public WorkerOptions join(boolean on) {
    Builder copy = copy();
    copy.joins = on;
    return new WorkerOptions(copy);
  }

  /** Whether TERM and INT drain it, and HUP has it read its configuration. */
  public WorkerOptions signals(boolean on) {
    Builder copy = copy();
    copy.takesSignals = on;
    return new WorkerOptions(copy);
  }

  /** How many threads execute SQL, on PostgreSQL. SQLite has one writer. */
  public WorkerOptions threads(int value) {
    if (value < 1 || value > 1000) {
      throw new IllegalArgumentException("threads must be from 1 to 1000: " + value);
    }
    Builder copy = copy();
    copy.threads = value;
    return new WorkerOptions(copy);
  }

  /**
   * Which of how many processes this is, from 0, where a queue has shards: so that they share them
   * without a race.
   */
  public WorkerOptions process(int number, int count) {
    if (number < 0 || number >= count) {
      throw new IllegalArgumentException("no process " + number + " of " + count);
    }
    Builder copy = copy();
    copy.process = number;
    copy.processes = count;
    return new WorkerOptions(copy);
  }

  /** Of one shard: what must be done by one of them alone is done by the one that it belongs to. */
  WorkerOptions shard(int number, int count) {
    Builder copy = copy();
    copy.shard = number;
    copy.shards = count;
    return new WorkerOptions(copy);
  }

  /** The same in another directory. */
  WorkerOptions inDirectory(Path value) {
    Builder copy = copy();
    copy.directory = value;
    return new WorkerOptions(copy);
  }

  /** Where lines of the log go, beside {@code worker.log}. */
  public WorkerOptions output(PrintWriter value) {
    Builder copy = copy();
    copy.output = value;
    return new WorkerOptions(copy);
  }

  /** Where classes of handlers are looked for. */
  public WorkerOptions classLoader(ClassLoader value) {
    Builder copy = copy();
    copy.classLoader = value;
    return new WorkerOptions(copy);
  }

  /** One more handler. */
  public WorkerOptions handler(QueueHandler value) {
    Builder copy = copy();
    copy.handlers.add(value);
    return new WorkerOptions(copy);
  }

  /** As {@link #handler(QueueHandler)}, by the name of its class. */
  public WorkerOptions handler(String className) {
    return handler(Handlers.load(className, classLoader));
  }

  public Path directory() {
    return directory;
  }

  Path databaseFile(Spool spool) {
    return database == null ? spool.base.resolve("queue.db") : database;
  }

  @Nullable Path configuration() {
    return configuration;
  }

  Watching watching() {
    return watching;
  }

  Duration readTimeout() {
    return readTimeout;
  }

  int watcherRestarts() {
    return watcherRestarts;
  }

  Duration watchAgainAfter() {
    return watchAgainAfter;
  }

  boolean isOnce() {
    return isOnce;
  }

  boolean joins() {
    return joins;
  }

  boolean takesSignals() {
    return takesSignals;
  }

  boolean hasDatabase() {
    return database != null;
  }

  int process() {
    return process;
  }

  int processes() {
    return processes;
  }

  /** Whether this worker plans that; of all shards, one does. */
  boolean plans(String recurring) {
    return shards == 1 || new Shards(directory, shards).shardOf(recurring) == shard;
  }

  int threads() {
    return threads;
  }

  @Nullable PrintWriter output() {
    return output;
  }

  ClassLoader classLoader() {
    return classLoader;
  }

  List<QueueHandler> handlers() {
    return handlers;
  }
}
