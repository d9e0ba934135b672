package gyre.queue;

import gyre.FiberMode;
import gyre.Loop;
import gyre.LoopOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A worker on a loop and a thread of its own, and what tests ask of it. */
final class WorkerRig implements AutoCloseable {
  static final Duration HANG_LIMIT = Duration.ofSeconds(60);
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  final Path directory;
  final Queue queue;
  final Spool spool;
  final WorkerOptions options;
  private @Nullable Worker worker;
  private @Nullable CompletableFuture<Void> end;

  WorkerRig(Path directory) {
    this(WorkerOptions.of(directory).readTimeout(Duration.ofMillis(200)));
  }

  WorkerRig(WorkerOptions options) {
    this.options = options;
    this.directory = options.directory();
    this.queue = Queue.open(directory);
    this.spool = queue.spool();
  }

  static LoopOptions loopOptions() {
    return System.getProperty("gyre.test.fibers", "native").equals("baton")
        ? LoopOptions.defaults().fibers(FiberMode.BATON)
        : LoopOptions.defaults();
  }

  WorkerRig start() {
    return start(QueueConfig.DEFAULT);
  }

  WorkerRig start(QueueConfig config) {
    Worker opened = Worker.open(options);
    if (config != QueueConfig.DEFAULT) {
      opened.config(config);
    }
    CompletableFuture<Void> ended = new CompletableFuture<>();
    worker = opened;
    end = ended;
    Thread.ofPlatform()
        .name("test-worker")
        .start(() -> {
          try (Loop loop = Loop.open(loopOptions())) {
            loop.run(() -> opened.run());
            ended.complete(null);
          } catch (Throwable e) {
            ended.completeExceptionally(e);
          }
        });
    return this;
  }

  /** Starts one that has this handler too. */
  void startWith(QueueHandler handler) {
    WorkerRig other = new WorkerRig(options.handler(handler)).start();
    worker = other.worker;
    end = other.end;
  }

  /** Executes what waits, and returns. */
  static void once(WorkerOptions options) {
    try (Loop loop = Loop.open(loopOptions())) {
      loop.run(() -> Worker.open(options.once(true)).run());
    }
  }

  void once() {
    once(options);
  }

  Worker worker() {
    Worker running = worker;
    if (running == null) {
      throw new IllegalStateException("not started");
    }
    return running;
  }

  void awaitEnd() {
    CompletableFuture<Void> ended = end;
    if (ended == null) {
      return;
    }
    try {
      ended.get(HANG_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw new AssertionError(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("the worker did not end", e);
    }
  }

  /** A file written by somebody who knows nothing of this library. */
  Path drop(String name, String content) {
    return drop(spool.pending, name, content.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  Path drop(Path target, String name, byte[] content) {
    try {
      Path part = spool.tmp.resolve("dropped-" + System.nanoTime());
      Files.write(part, content);
      Files.createDirectories(target);
      return Files.move(part, target.resolve(name));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static void await(String what, BooleanSupplier condition) {
    await(what, HANG_LIMIT, condition);
  }

  /** Another process has begun: its machine may have many to start. */
  static void awaitStart(Path directory) {
    Path log = directory.resolve("worker.log");
    await(
        "worker 0 starts",
        START_LIMIT,
        () -> {
          try {
            return Files.exists(log) && Files.readString(log).contains("worker 0 starts");
          } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
  }

  private static void await(String what, Duration limit, BooleanSupplier condition) {
    long untilNanos = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - untilNanos > 0) {
        throw new AssertionError("did not happen: " + what);
      }
      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
    }
  }

  static List<String> names(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(each -> each.getFileName().toString()).sorted().toList();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  void awaitFailed(String name) {
    await(
        name + " in failed/",
        () -> Files.exists(spool.failed.resolve(name), java.nio.file.LinkOption.NOFOLLOW_LINKS));
  }

  void awaitCompleted(String name) {
    await(name + " in completed/", () -> Files.exists(spool.completed.resolve(name)));
  }

  String reason(String name) {
    try {
      return Files.readString(spool.failed.resolve(name + Failure.SUFFIX));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Lines of a query, on a connection of its own. */
  List<String> query(String sql) {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + options.databaseFile(spool));
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 10000");
      List<String> lines = new ArrayList<>();
      if (statement.execute(sql)) {
        try (ResultSet rows = statement.getResultSet()) {
          while (rows.next()) {
            lines.add(String.valueOf(rows.getString(1)));
          }
        }
      }
      return lines;
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  @Override
  public void close() {
    if (worker != null) {
      worker.stop();
      awaitEnd();
    }
  }
}
