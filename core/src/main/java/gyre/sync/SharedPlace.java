package gyre.sync;

import gyre.Loop;
import gyre.Waiter;
import gyre.spi.Internals;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The place of one who waits at a {@link Rendezvous}, with the item that it offers or was given.
 *
 * <pre>
 *   WAITING --the other side acts--&gt; DONE
 *      |------the channel closes---&gt; REFUSED
 *      '------cancelled, or late---&gt; LEFT
 * </pre>
 *
 * <p>The state changes under the lock of the rendezvous, once. {@link #wake} follows outside of it.
 */
final class SharedPlace<T> implements SharedWait.Place, Runnable {
  private enum State {
    WAITING,
    DONE,
    REFUSED,
    LEFT
  }

  private final Supplier<String> doing;

  /** One of these two waits. */
  private final @Nullable Loop loop;

  private final @Nullable Thread thread;

  private volatile State state = State.WAITING;
  private @Nullable T item; // published by the state

  /** While its fiber is parked; changed on its loop. */
  private volatile @Nullable Waiter waiter;

  /**
   * Of the caller.
   *
   * @param offered null for one who is to be given something
   */
  SharedPlace(@Nullable T offered, Supplier<String> doing) {
    boolean isFiber = Internals.isFiber();
    this.loop = isFiber ? Loop.current() : null;
    this.thread = isFiber ? null : Thread.currentThread();
    this.item = offered;
    this.doing = doing;
  }

  // ---- under the lock

  /** The other side acts for it; false if its loop is closed, so that nobody would go on. */
  boolean settle(@Nullable T given) {
    assert state == State.WAITING;
    if (loop != null && Internals.isClosed(loop)) {
      state = State.LEFT;
      return false;
    }
    if (given != null) {
      item = given;
    }
    state = State.DONE;
    return true;
  }

  void refuse() {
    assert state == State.WAITING;
    state = State.REFUSED;
  }

  void leave() {
    assert state == State.WAITING;
    state = State.LEFT;
  }

  // ---- from any thread

  boolean isDone() {
    return state == State.DONE;
  }

  boolean isRefused() {
    return state == State.REFUSED;
  }

  /** What is offered, or was given. */
  T item() {
    T held = item;
    assert held != null;
    return held;
  }

  /** After its state has changed. */
  void wake() {
    if (loop == null) {
      LockSupport.unpark(thread);
    } else if (Internals.isOn(loop)) {
      run();
    } else {
      Internals.handToLoop(loop, this);
    }
  }

  /** On its loop. */
  @Override
  public void run() {
    Waiter parked = waiter;
    if (parked != null) {
      parked.wake();
    }
  }

  // ---- who waits

  @Override
  public boolean isReady() {
    return state != State.WAITING;
  }

  @Override
  public void arm(Waiter armed) {
    waiter = armed;
    if (isReady()) { // meanwhile, by one who has seen no waiter
      armed.wake();
    }
  }

  @Override
  public void disarm(Waiter armed) {
    waiter = null;
  }

  @Override
  public boolean block(long deadlineNanos) throws InterruptedException {
    return SharedWait.parkThread(this, deadlineNanos);
  }

  @Override
  public String doing() {
    return doing.get();
  }
}
