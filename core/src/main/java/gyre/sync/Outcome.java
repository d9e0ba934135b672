package gyre.sync;

import gyre.spi.Internals;
import org.jspecify.annotations.Nullable;

/**
 * How a piece of work has ended.
 *
 * <pre>{@code
 * switch (gather.next()) {
 *   case Outcome.Done(int index, String page) -> use(page);
 *   case Outcome.Failed(int index, Throwable failure) -> complain(failure);
 * }
 * }</pre>
 */
public sealed interface Outcome<T extends @Nullable Object> {
  /** As which one it was started, from 0. */
  int index();

  /**
   * The result, or throws the failure: unchecked ones as they are, checked ones as the cause of a
   * {@link gyre.FiberFailedException}.
   */
  T get();

  /** It has a result. */
  record Done<T extends @Nullable Object>(int index, T value) implements Outcome<T> {
    @Override
    public T get() {
      return value;
    }
  }

  /** It threw. */
  record Failed<T extends @Nullable Object>(int index, Throwable failure) implements Outcome<T> {
    @Override
    public T get() {
      throw Internals.rethrow(failure);
    }
  }
}
