package gyre.sim.engine;

import gyre.engine.Errno;
import gyre.engine.FileOperation;
import gyre.engine.Operation;
import java.util.HashMap;
import java.util.Map;

/** Operations on files: each takes some virtual time, whichever way a kernel would do it. */
final class FileWork {
  private static final long LONGEST_NANOS = 2_000_000;

  private final SimEngine engine;
  private final Universe universe;
  private final SimFiles files;
  private final Map<Operation, Call> calls = new HashMap<>();

  FileWork(SimEngine engine, Universe universe, SimFiles files) {
    this.engine = engine;
    this.universe = universe;
    this.files = files;
  }

  void start(FileOperation operation) {
    operation.phase = Operation.Phase.WORKING;
    Call call = new Call(operation);
    calls.put(operation, call);
    universe.schedule(call, 1 + universe.details().below(LONGEST_NANOS));
  }

  /** The call is not made, if that has not happened yet. */
  void cancel(Operation operation) {
    Call call = calls.remove(operation);
    if (call != null) {
      universe.cancel(call);
      engine.complete(operation, Completion.Kind.TERMINAL, Errno.ECANCELED.negated());
    }
  }

  /** The program is gone, and calls are not made any more. */
  void vanish() {
    calls.values().forEach(universe::cancel);
    calls.clear();
  }

  private final class Call extends Event {
    private final FileOperation operation;

    Call(FileOperation operation) {
      this.operation = operation;
    }

    @Override
    void fire() {
      if (engine.isGone() || calls.remove(operation) == null) {
        return;
      }
      int result = operation.perform(files);
      engine.complete(operation, Completion.Kind.TERMINAL, result);
    }
  }
}
