package gyre.stream;

import gyre.Fiber;
import gyre.Source;
import gyre.WaitPoint;
import gyre.Waiter;
import gyre.spi.Internals;
import org.jspecify.annotations.Nullable;

/**
 * The waits of those who write to a stream. One fiber at a time is parked in a write or a flush;
 * any number may wait for {@link #writable} and {@link #drained}, which take nothing.
 */
public abstract class OutputWait extends SoleWait {
  /** What a write or a flush waits for. */
  protected enum Goal {
    /** Half of the stream's limit is free again. */
    ROOM,
    /** The loop has memory, or this stream has given some back. */
    MEMORY,
    /** Everything written is with the kernel. */
    ALL_SENT
  }

  private Goal goal = Goal.ROOM;
  private @Nullable Level writable;
  private @Nullable Level drained;

  protected OutputWait() {}

  /** Of the stream. */
  protected abstract String name();

  /** Whether a write or flush that waits for this can go on, if only to fail. */
  protected abstract boolean isReached(Goal wanted);

  /** Whether a write would be taken, or refused, at once. */
  protected abstract boolean isWritable();

  /** A fiber waits for {@link #isWritable}, and nothing was written that would lead to it. */
  protected abstract void awaitWritable();

  @Override
  public final String doing() {
    return "writing to " + name();
  }

  @Override
  public final boolean isReady() {
    return isReached(goal);
  }

  /** Parks the caller until the goal is reached. */
  protected final void park(Fiber<?> caller, Goal wanted) {
    checkFree();
    goal = wanted;
    Internals.await(caller, this);
  }

  public final Source writable() {
    Level known = writable;
    if (known == null) {
      known = new Level(this, true);
      writable = known;
    }
    return known;
  }

  public final Source drained() {
    Level known = drained;
    if (known == null) {
      known = new Level(this, false);
      drained = known;
    }
    return known;
  }

  /** Whether somebody has to know of what is sent. */
  public final boolean isAwaited() {
    return isTaken() || hasWaiters(writable) || hasWaiters(drained);
  }

  /** The output has changed, or the stream has: who can go on does. */
  public final void changed() {
    if (isTaken() && isReady()) {
      wake();
    }
    wakeIfReady(writable);
    wakeIfReady(drained);
  }

  private static boolean hasWaiters(@Nullable Level level) {
    return level != null && level.hasWaiters();
  }

  private static void wakeIfReady(@Nullable Level level) {
    if (level != null && level.hasWaiters() && level.isReady()) {
      level.wakeAll();
    }
  }

  private static final class Level extends WaitPoint {
    private final OutputWait output;
    private final boolean isForRoom;

    Level(OutputWait output, boolean isForRoom) {
      this.output = output;
      this.isForRoom = isForRoom;
    }

    @Override
    public boolean isReady() {
      return isForRoom ? output.isWritable() : output.isReached(Goal.ALL_SENT);
    }

    @Override
    public void arm(Waiter waiter) {
      output.checkMayWait();
      super.arm(waiter);
      if (isForRoom) {
        output.awaitWritable();
      }
      output.begin();
    }

    @Override
    public String doing() {
      return isForRoom
          ? "waiting for room to write to " + output.name()
          : "waiting until " + output.name() + " has handed all to the kernel";
    }
  }
}
