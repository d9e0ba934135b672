package gyre;

import java.util.ArrayDeque;

/**
 * Runs user code that the loop itself has come to call, in a fiber and one piece after the other:
 * the failure listener, and the callbacks of lent memory that was released. On the loop's bare
 * thread it would stop everything for good if it waited for a lock that a parked fiber holds.
 *
 * <pre>
 *   IDLE --add--&gt; REQUESTED --a callback of the pump--&gt; RUNNING --nothing waits--&gt; IDLE
 *                     ^                                     |
 *                     +--------more has come meanwhile------+
 * </pre>
 *
 * <p>{@link #close} runs what is left at once: no fiber lives any more then.
 */
final class UserCalls extends WaitPoint {
  private enum State {
    IDLE,
    REQUESTED,
    RUNNING,
    CLOSED
  }

  private final Loop loop;
  private final String what;
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>(0);
  private final Runnable callback = this::runWaiting;
  private State state = State.IDLE;

  UserCalls(Loop loop, String what) {
    this.loop = loop;
    this.what = what;
  }

  /** On the loop. The call must not throw. */
  void add(Runnable call) {
    if (state == State.CLOSED) {
      call.run();
      return;
    }
    waiting.add(call);
    if (state == State.IDLE) {
      request();
    }
  }

  /** How many calls have not begun. */
  int size() {
    return waiting.size();
  }

  private void request() {
    state = State.REQUESTED;
    loop.enqueueCallback(callback);
  }

  private void runWaiting() {
    state = State.RUNNING;
    for (int left = waiting.size(); left > 0 && state == State.RUNNING; left--) {
      waiting.remove().run();
      loop.mechanism().reclaim();
    }
    if (state == State.CLOSED) {
      return; // which has run the rest
    }
    if (waiting.isEmpty()) {
      state = State.IDLE;
      wakeAll();
    } else {
      request();
    }
  }

  /** Ready while every call has ended. */
  @Override
  public boolean isReady() {
    return state == State.IDLE || state == State.CLOSED;
  }

  @Override
  public String doing() {
    return "waiting for " + what;
  }

  /** The loop ends. */
  void close() {
    state = State.CLOSED;
    while (!waiting.isEmpty()) {
      waiting.remove().run();
    }
  }
}
