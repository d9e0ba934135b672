package gyre;

import org.jspecify.annotations.Nullable;

/**
 * Something that one fiber holds until it gives it back, such as a mutex. A fiber knows what it
 * holds, so that its end with a lock in its hands is noticed, and {@link Deadlocks} can tell who
 * waits for whom. The links are in here: taking and giving back allocates nothing.
 *
 * <p>What a fiber gives back stays the last in its list if it is that, until the fiber takes
 * something else, or ends, or another fiber takes it. So a lock that one fiber takes again and
 * again writes no reference, which costs more than all the rest.
 *
 * <p>No part of the API: {@code gyre.sync} extends it.
 */
public abstract class HoldBase {
  private boolean isHeld;

  /** Who holds it, or has given it back last and taken nothing since. */
  private @Nullable Fiber<?> holder;

  /** What the holder has taken before this, and after it. */
  private @Nullable HoldBase earlier;

  private @Nullable HoldBase later;

  protected HoldBase() {}

  /** {@code fiber}, which calls, has it from now on. */
  protected final void begin(Fiber<?> fiber) {
    assert !isHeld : what() + " is held by two";
    isHeld = true;
    if (fiber.held != this) {
      link(fiber);
    }
  }

  /** The holder has given it back. */
  protected final void end() {
    assert isHeld : what() + " is held by nobody";
    isHeld = false;
    if (later != null) {
      unlink();
    }
  }

  private void link(Fiber<?> fiber) {
    if (holder != null) {
      unlink();
    }
    HoldBase last = fiber.held;
    if (last != null && !last.isHeld) {
      last.unlink();
      last = fiber.held;
    }
    holder = fiber;
    earlier = last;
    if (last != null) {
      last.later = this;
    }
    fiber.held = this;
  }

  private void unlink() {
    Fiber<?> fiber = holder;
    assert fiber != null;
    if (later == null) {
      fiber.held = earlier;
    } else {
      later.earlier = earlier;
    }
    if (earlier != null) {
      earlier.later = later;
    }
    earlier = null;
    later = null;
    holder = null;
  }

  /** Who holds it, or null. */
  protected final @Nullable Fiber<?> holder() {
    return isHeld ? holder : null;
  }

  /** What the holder has taken before this and still holds, or null. */
  protected final @Nullable HoldBase earlier() {
    return earlier;
  }

  /** The last thing that {@code fiber} has taken and still holds, or null. */
  protected static @Nullable HoldBase lastOf(Fiber<?> fiber) {
    return fiber.held;
  }

  /** What it is, for reports: {@code mutex accounts}. */
  protected abstract String what();

  /** Its holder has ended: gives it back in the holder's place. */
  protected abstract void abandon();

  /** The code that {@code fiber} ran has ended, and did not give back all that it holds. */
  static void abandonAll(Fiber<?> fiber) {
    for (HoldBase held = fiber.held; held != null; held = fiber.held) {
      if (held.isHeld) {
        tellOf(held, fiber);
        held.abandon();
      }
      if (fiber.held == held) {
        held.unlink();
      }
    }
  }

  private static void tellOf(HoldBase held, Fiber<?> fiber) {
    fiber
        .loop()
        .report(
            "fiber " + fiber.name(),
            new IllegalStateException(
                "fiber "
                    + fiber.name()
                    + " has ended and still held "
                    + held.what()
                    + ", which is given back now: use try (var _ = ...), or finally"));
  }
}
