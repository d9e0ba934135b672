package gyre.sync;

import gyre.Source;
import gyre.Waiter;
import org.jspecify.annotations.Nullable;

/** One of {@link Followers}: the wait of one reader, which is one fiber at a time. */
abstract class Follower implements Source {
  private final Followers all;
  private @Nullable Waiter waiter;

  @Nullable Follower next;
  @Nullable Follower previous;
  boolean isLinked;

  Follower(Followers all) {
    this.all = all;
  }

  final void wake() {
    assert waiter != null;
    waiter.wake();
  }

  @Override
  public final void arm(Waiter armed) {
    if (waiter != null) {
      throw new IllegalStateException(
          waiter.fiber().name()
              + " is "
              + doing()
              + " already: each fiber needs a reader of its own");
    }
    waiter = armed;
    all.add(this);
  }

  @Override
  public final void disarm(Waiter armed) {
    waiter = null;
    if (isLinked) {
      all.remove(this);
    } else {
      all.wakeFirst(); // was woken for all
    }
  }
}
