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
  private final HandlerRunner runner = new HandlerRunner(new JdkHttpCaller());

  /** Where the fibers live; null while no worker runs. */
  private volatile @Nullable Scope scope;

  private volatile @Nullable Loop loop;

  /** Called in a fiber of the loop. */
  void open(Scope value) {
    loop = Loop.current();
    scope = value;
  }

  /** Nothing more is begun. */
  void close() {
    scope = null;
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
    Scope living = scope;
    if (living != null) {
      living.start(
          "queue-" + kind.operation(), () -> ended.accept(outcome(entry, kind, attempt)));
    }
  }

  private Outcome outcome(Entry entry, Kind kind, int attempt) {
    try {
      return runner.run(entry, kind, attempt);
    } catch (CancelledException e) {
      if (scope == null) {
        throw e; // the worker ends, and the entry is tried again
      }
      return HandlerRunner.failed(e); // of the handler's own
    }
  }
}
