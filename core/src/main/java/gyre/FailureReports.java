package gyre;

/**
 * Failures that no fiber waits for, on their way to the {@link FailureListener}: it is told of them
 * in a fiber, one after the other. While it is busy a bounded number of them waits, and the rest is
 * counted and told of at the end.
 */
final class FailureReports {
  static final int WAITING_LIMIT = 1024;

  private final String loopName;
  private final FailureListener listener;
  private final UserCalls calls;
  private long untold;

  FailureReports(Loop loop) {
    this.loopName = loop.name();
    this.calls = new UserCalls(loop, "the failure listener");
    FailureListener asked = loop.options().failures();
    this.listener = asked.equals(FailureListener.LOGGING) ? FailureLog.of(loop, calls) : asked;
  }

  void add(String source, Throwable failure) {
    if (calls.size() < WAITING_LIMIT) {
      calls.add(() -> tell(source, failure));
    } else {
      untold++;
    }
  }

  /** Ready while the listener has been told of all. */
  UserCalls calls() {
    return calls;
  }

  private void tell(String source, Throwable failure) {
    call(source, failure);
    if (untold > 0 && calls.size() == 0) {
      String what = untold + " more failures came while the failure listener was busy";
      untold = 0;
      call(loopName, new IllegalStateException(what));
    }
  }

  private void call(String source, Throwable failure) {
    try {
      listener.failed(source, failure);
    } catch (Throwable e) {
      Failures.attach(e, failure);
      FailureListener.LOGGING.failed("the failure listener of " + loopName, e);
    }
  }

  /** The loop ends, and no fiber is left. */
  void close() {
    calls.close();
    if (listener instanceof FailureLog log) {
      log.close();
    }
  }
}
