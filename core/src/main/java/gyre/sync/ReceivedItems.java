package gyre.sync;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a channel gives until its end. */
final class ReceivedItems<T> implements Iterator<T> {
  private final Supplier<@Nullable T> source;
  private final Runnable onEnd;
  private @Nullable T ahead;

  /**
   * @param source waits for the next one; null at the end
   * @param onEnd throws where the end is a failure
   */
  ReceivedItems(Supplier<@Nullable T> source, Runnable onEnd) {
    this.source = source;
    this.onEnd = onEnd;
  }

  @Override
  public boolean hasNext() {
    if (ahead == null) {
      ahead = source.get();
      if (ahead == null) {
        onEnd.run();
      }
    }
    return ahead != null;
  }

  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the channel has ended");
    }
    T item = ahead;
    assert item != null;
    ahead = null;
    return item;
  }
}
