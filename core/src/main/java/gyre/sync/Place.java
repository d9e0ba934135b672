package gyre.sync;

import gyre.Source;
import gyre.Waiter;
import org.jspecify.annotations.Nullable;

/**
 * A fiber's place in a {@link Line}, with the item that it offers or was given.
 *
 * <pre>
 *   IDLE --open--&gt; WAITING --the other side acts--&gt; DONE ----.
 *    ^                |------the channel closes---&gt; REFUSED --|
 *    '----------------+------------release-------------------'
 * </pre>
 */
final class Place<T> implements Source {
  private enum State {
    IDLE,
    WAITING,
    DONE,
    REFUSED
  }

  private final Line<T> line;
  private State state = State.IDLE;
  private @Nullable T item;
  private @Nullable Waiter waiter;

  @Nullable Place<T> next;
  @Nullable Place<T> previous;
  boolean isLinked;

  Place(Line<T> line) {
    this.line = line;
  }

  /**
   * @param offered null for one who is to be given something
   */
  void open(@Nullable T offered) {
    assert state == State.IDLE && !isLinked : "a place is for one fiber at a time";
    state = State.WAITING;
    item = offered;
  }

  /** Forgets the item. */
  void release() {
    assert !isLinked : "released while it stands in the line";
    state = State.IDLE;
    item = null;
  }

  /** The channel acts for the waiting fiber, unless that has ended its wait otherwise. */
  boolean settle() {
    assert waiter != null;
    if (!waiter.settle()) {
      return false;
    }
    state = State.DONE;
    return true;
  }

  void refuse() {
    assert waiter != null;
    state = State.REFUSED;
    waiter.wake();
  }

  void give(T given) {
    assert state == State.DONE;
    item = given;
  }

  boolean isDone() {
    return state == State.DONE;
  }

  boolean isUndecided() {
    return waiter != null && waiter.isUndecided();
  }

  /** What is offered, or was given. */
  T item() {
    T held = item;
    assert held != null;
    return held;
  }

  @Nullable Waiter waiter() {
    return waiter;
  }

  @Override
  public boolean isReady() {
    return state == State.DONE || state == State.REFUSED;
  }

  @Override
  public void arm(Waiter armed) {
    assert waiter == null && state == State.WAITING;
    waiter = armed;
    line.add(this);
  }

  @Override
  public void disarm(Waiter armed) {
    line.remove(this);
    waiter = null;
  }

  @Override
  public String doing() {
    return line.doing();
  }
}
