package gyre;

import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The scoped values that go along from whoever starts something to what is started, where the JDK
 * does not see to that: see {@link LoopOptions#carries}. They are bound around the code that runs
 * elsewhere, so a thread that is used again keeps none of them.
 */
final class Carried {
  private final List<ScopedValue<?>> keys;

  Carried(List<ScopedValue<?>> keys) {
    this.keys = keys;
  }

  /** What the calling code has bound of them, or null. */
  ScopedValue.@Nullable Carrier capture() {
    ScopedValue.Carrier carrier = null;
    for (ScopedValue<?> key : keys) {
      if (key.isBound()) {
        carrier = with(carrier, key);
      }
    }
    return carrier;
  }

  private static <T> ScopedValue.Carrier with(
      ScopedValue.@Nullable Carrier others, ScopedValue<T> key) {
    T value = key.get();
    return others == null ? ScopedValue.where(key, value) : others.where(key, value);
  }

  /** The same work, with what the caller has bound now. */
  <T extends @Nullable Object> Callable<? extends T> around(Callable<? extends T> work) {
    return keys.isEmpty() ? work : around(capture(), work);
  }

  static <T extends @Nullable Object> Callable<? extends T> around(
      ScopedValue.@Nullable Carrier carrier, Callable<? extends T> work) {
    return carrier == null ? work : () -> carrier.call(work::call);
  }

  /** The same callback, with what the caller has bound now. */
  Runnable around(Runnable callback) {
    ScopedValue.Carrier carrier = capture();
    return carrier == null ? callback : () -> carrier.run(callback);
  }
}
