package gyre.stream;

import gyre.Fiber;
import gyre.Source;
import gyre.Waiter;
import gyre.spi.Internals;
import org.jspecify.annotations.Nullable;

/**
 * The wait of whoever reads from a stream: until so many bytes are there, or there will not be so
 * many. Reads wait for this itself, which costs no allocation; users get {@link #readable}.
 */
public abstract class InputWait extends SoleWait {
  /** What the fiber that waits needs there to be. */
  private int bytes = 1;

  private @Nullable BytesLevel one;

  /** The last one that was asked for. */
  private @Nullable BytesLevel several;

  protected InputWait() {}

  /** Of the stream. */
  protected abstract String name();

  /** Whether a read of so many bytes would not park. */
  protected abstract boolean isReady(int needed);

  @Override
  public final String doing() {
    return "reading from " + name();
  }

  @Override
  public final boolean isReady() {
    return isReady(bytes);
  }

  /** Bytes that the fiber which waits needs there to be; 0 if none waits. */
  public final int awaited() {
    return isTaken() ? bytes : 0;
  }

  /** Parks the caller until {@link #isReady(int)}. */
  protected final void park(Fiber<?> caller, int needed) {
    checkFree();
    bytes = needed;
    Internals.await(caller, this);
  }

  /**
   * {@link #isReady(int)} as a source.
   *
   * @param needed at least 1
   */
  public final Source readable(int needed) {
    BytesLevel known = needed == 1 ? one : several;
    if (known != null && known.needed == needed) {
      return known;
    }
    BytesLevel made = new BytesLevel(this, needed);
    if (needed == 1) {
      one = made;
    } else {
      several = made;
    }
    return made;
  }

  private static final class BytesLevel implements Source {
    private final InputWait input;
    private final int needed;

    BytesLevel(InputWait input, int needed) {
      this.input = input;
      this.needed = needed;
    }

    @Override
    public boolean isReady() {
      return input.isReady(needed);
    }

    @Override
    public void arm(Waiter waiter) {
      input.checkFree();
      input.bytes = needed;
      input.arm(waiter);
    }

    @Override
    public void disarm(Waiter waiter) {
      input.disarm(waiter);
    }

    @Override
    public String doing() {
      return input.doing();
    }

    @Override
    public String toString() {
      return needed == 1 ? doing() : doing() + ", " + needed + " bytes";
    }
  }
}
