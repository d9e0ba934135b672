package gyre.sync;

import gyre.Fiber;
import gyre.HoldBase;
import gyre.spi.Internals;
import org.jspecify.annotations.Nullable;

/** That a fiber holds units of a lock, and who does. Only that fiber gives them back. */
final class Holding extends HoldBase implements Permit {
  private final Grants grants;
  private final long units;
  private final @Nullable LongHold watch;

  /** Links among the holders of the lock. */
  @Nullable Holding next;

  @Nullable Holding previous;

  private final @Nullable Holders others;

  /**
   * @param others where this is listed while it is held; null where there is one holder at most
   */
  Holding(Grants grants, long units, @Nullable Holders others) {
    this.grants = grants;
    this.units = units;
    this.others = others;
    long limitNanos = Internals.longHoldNanos(grants.loop);
    this.watch = limitNanos == 0 ? null : new LongHold(this, limitNanos);
  }

  Permit taken(Fiber<?> caller) {
    begin(caller);
    if (others != null) {
      others.add(this);
    }
    if (watch != null) {
      watch.start();
    }
    return this;
  }

  Grants grants() {
    return grants;
  }

  @Nullable Fiber<?> fiber() {
    return holder();
  }

  @Override
  public void close() {
    close(grants.caller());
  }

  void close(Fiber<?> caller) {
    Fiber<?> holder = holder();
    if (holder != caller) {
      throw notHolder(caller, holder);
    }
    giveBack();
  }

  private IllegalStateException notHolder(Fiber<?> caller, @Nullable Fiber<?> holder) {
    return new IllegalStateException(
        "fiber "
            + caller.name()
            + " gives back "
            + what()
            + ", which "
            + (holder == null ? "nobody holds" : "fiber " + holder.name() + " holds")
            + ": only the fiber that has taken it may, and once");
  }

  private void giveBack() {
    if (watch != null) {
      watch.stop();
    }
    if (others != null) {
      others.remove(this);
    }
    end();
    grants.give(units);
  }

  /** What the fiber that calls holds of {@code grants}, or null. */
  static @Nullable Holding of(Fiber<?> caller, Grants grants, long units) {
    for (HoldBase held = lastOf(caller); held != null; held = earlier(held)) {
      if (held instanceof Holding mine
          && mine.grants == grants
          && mine.units == units
          && mine.holder() == caller) {
        return mine;
      }
    }
    return null;
  }

  private static @Nullable HoldBase earlier(HoldBase held) {
    return held instanceof Holding holding ? holding.earlier() : null;
  }

  @Override
  protected String what() {
    return grants.what;
  }

  @Override
  protected void abandon() {
    giveBack();
  }

  @Override
  public String toString() {
    Fiber<?> fiber = holder();
    return what() + (fiber == null ? "" : ", held by fiber " + fiber.name());
  }
}
