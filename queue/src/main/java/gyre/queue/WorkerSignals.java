package gyre.queue;

import gyre.Scope;
import gyre.process.OsSignal;
import gyre.process.SignalEvent;
import gyre.process.SignalStream;

/** TERM and INT drain a worker, or end it the second time; HUP has it read its configuration. */
final class WorkerSignals {
  private WorkerSignals() {}

  /**
   * From now on, until the scope ends. Called before anybody is told of the worker: until then a
   * signal ends the process.
   *
   * @param scope the current one
   */
  static void start(Scope scope, QueueWorker worker, WorkerLog log) {
    SignalStream signals;
    try {
      signals = SignalStream.open(OsSignal.TERM, OsSignal.INT, OsSignal.HUP);
    } catch (UnsupportedOperationException e) {
      log.warn("the worker takes no signals: " + e.getMessage());
      return;
    }
    scope.start("queue-signals", () -> serve(signals, worker, log));
  }

  private static void serve(SignalStream open, QueueWorker worker, WorkerLog log) {
    boolean isEnding = false;
    try (SignalStream signals = open) {
      while (true) {
        SignalEvent event = signals.next();
        if (event.signal() == OsSignal.HUP) {
          worker.reload();
        } else if (!isEnding && event.count() == 1) {
          isEnding = true;
          log.info(event.signal() + ": draining");
          worker.drain();
        } else {
          log.info(event.signal() + ": ending at once");
          worker.stop();
        }
      }
    }
  }
}
