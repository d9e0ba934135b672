package gyre.queue;

import gyre.process.OsSignal;
import gyre.process.SignalEvent;
import gyre.process.SignalStream;

/** TERM and INT drain a worker, or end it the second time; HUP has it read its configuration. */
final class WorkerSignals {
  private WorkerSignals() {}

  /** Parks the fiber until it is cancelled. */
  static void serve(QueueWorker worker, WorkerLog log) {
    boolean isEnding = false;
    try (SignalStream signals = SignalStream.open(OsSignal.TERM, OsSignal.INT, OsSignal.HUP)) {
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
