package gyre.sync;

import gyre.Source;
import gyre.Waiter;
import org.jspecify.annotations.Nullable;

/** One of {@link Followers}: the wait of one reader, which is one fiber at a time. */
abstract class Follower implements Source {
  private @Nullable Waiter waiter;

  /** Where it stands while it waits. */
  private @Nullable Followers all;

  @Nullable Follower next;
  @Nullable Follower previous;
  boolean isLinked;

  /** Where the caller waits. */
  abstract Followers place();

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
    Followers here = place();
    waiter = armed;
    all = here;
    here.add(this);
  }

  @Override
  public final void disarm(Waiter armed) {
    Followers here = all;
    assert here != null;
    waiter = null;
    all = null;
    if (isLinked) {
      here.remove(this);
    } else {
      here.wakeFirst(); // was woken for all
    }
  }
}
