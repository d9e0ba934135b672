package gyre.queue;

import gyre.CancelledException;
import gyre.Loop;
import gyre.Scope;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Executes entries that are no SQL, each in a fiber of the loop, on behalf of the threads that take
 * them.
 */
final class HandlerFibers {
  /** What a running worker has. */
  private record Open(Scope scope, GyreHttpCaller http, HandlerRunner runner) {}

  /** Null while no worker runs. */
  private volatile @Nullable Open open;

  private volatile boolean isStopped;

  private volatile @Nullable Loop loop;
  private final HandlerThreads threads;

  HandlerFibers() {
    this(() -> {});
  }

  /**
   * @param returned told, on any thread, when a call that was given up has returned after all
   */
  HandlerFibers(Runnable returned) {
    this.threads = new HandlerThreads(returned);
  }

  /** Calls of a handler that were given up and have not returned. Any thread. */
  Hanging hanging(String operation) {
    return threads.hanging(operation);
  }

  /** Those of each handler. Any thread. */
  List<Hanging> hanging() {
    return threads.hanging();
  }

  /** Called in a fiber of the loop whose innermost scope this is: the fibers live in it. */
  void open(Scope scope) {
    loop = Loop.current();
    isStopped = false;
    GyreHttpCaller http = new GyreHttpCaller();
    open = new Open(scope, http, new HandlerRunner(http, threads));
  }

  /**
   * Nothing more is begun, and what is cancelled is not reported. Called in a fiber of the loop.
   */
  void stop() {
    isStopped = true;
  }

  /** After {@link #stop}, or instead of it. Called in a fiber of the loop. */
  void close() {
    Open known = open;
    stop();
    open = null;
    if (known != null) {
      known.http.close();
    }
  }

  /**
   * Any thread.
   *
   * @param ended told on the loop what has become of it; never, if the worker ends before
   */
  void start(Entry entry, Kind kind, int attempt, Consumer<Outcome> ended) {
    Loop running = loop;
    if (running != null) {
      running.post(() -> startOnLoop(entry, kind, attempt, ended));
    }
  }

  private void startOnLoop(Entry entry, Kind kind, int attempt, Consumer<Outcome> ended) {
    Open living = open;
    if (living != null && !isStopped) {
      living.scope.start(
          "queue-" + kind.operation(),
          () -> ended.accept(outcome(living.runner, entry, kind, attempt)));
    }
  }

  private Outcome outcome(HandlerRunner runner, Entry entry, Kind kind, int attempt) {
    try {
      return runner.run(entry, kind, attempt);
    } catch (CancelledException e) {
      if (isStopped) {
        throw e; // the worker ends, and the entry is tried again
      }
      return HandlerRunner.failed(e); // of the handler's own
    }
  }
}
