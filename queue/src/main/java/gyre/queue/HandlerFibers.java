package gyre.queue;

import gyre.CancelledException;
import gyre.Loop;
import gyre.Scope;
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

  private volatile @Nullable Loop loop;

  /** Called in a fiber of the loop whose innermost scope this is: the fibers live in it. */
  void open(Scope scope) {
    loop = Loop.current();
    GyreHttpCaller http = new GyreHttpCaller();
    open = new Open(scope, http, new HandlerRunner(http));
  }

  /** Nothing more is begun. Called in a fiber of the loop. */
  void close() {
    Open known = open;
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
    if (living != null) {
      living.scope.start(
          "queue-" + kind.operation(),
          () -> ended.accept(outcome(living.runner, entry, kind, attempt)));
    }
  }

  private Outcome outcome(HandlerRunner runner, Entry entry, Kind kind, int attempt) {
    try {
      return runner.run(entry, kind, attempt);
    } catch (CancelledException e) {
      if (open == null) {
        throw e; // the worker ends, and the entry is tried again
      }
      return HandlerRunner.failed(e); // of the handler's own
    }
  }
}
