package gyre.sync;

import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A value that is made when it is first needed, once, by work that may park.
 *
 * <p><b>If the work fails</b>, whoever did it gets the failure, and nothing is kept: the next one
 * that waits, or comes, tries anew. A fiber that is cancelled while it makes the value hands the
 * work on in the same way. A value that needs itself is a {@link gyre.DeadlockException}.
 *
 * <ul>
 *   <li><b>Threads</b>: belongs to the loop on which it was made; others are refused. Need not be
 *       closed.
 *   <li><b>Fairness</b>: those that wait get the value in the order in which they came; after a
 *       failure the one that has waited for longest tries.
 *   <li><b>Cancellation</b>: a wait that is cancelled changes nothing.
 *   <li><b>Cost</b>: getting a value that is there does not park, and allocates nothing.
 * </ul>
 */
public final class Once<T> {
  private final Callable<? extends T> maker;
  private final Mutex mutex;
  private @Nullable T value;

  private Once(String name, Callable<? extends T> maker) {
    this.maker = maker;
    this.mutex = Mutex.create("of once " + name);
  }

  public static <T> Once<T> create(String name, Callable<? extends T> maker) {
    return new Once<>(name, maker);
  }

  /**
   * The value; made by the calling fiber if it is the first, and waited for if another makes it.
   */
  public T get() throws Exception {
    T known = value;
    if (known != null) {
      mutex.checkCaller();
      return known;
    }
    try (var _ = mutex.hold()) {
      T made = value;
      if (made == null) {
        made = Objects.requireNonNull(maker.call(), "what makes " + mutex + " gave null");
        value = made;
      }
      return made;
    }
  }

  /** The value if it is there. Does not park. */
  public Optional<T> peek() {
    mutex.checkCaller();
    return Optional.ofNullable(value);
  }
}
