package gyre.sync;

/** What a receiver gets: an item, or the end. Made for {@code switch}, which covers all of it. */
public sealed interface Received<T> extends TryReceived<T>, BroadcastEvent<T> {
  /** An item. */
  record Value<T>(T item) implements Received<T> {}

  /** The end: it was closed, and all that had been sent has been received. */
  record Closed<T>() implements Received<T> {
    private static final Closed<?> INSTANCE = new Closed<>();

    @SuppressWarnings("unchecked") // it holds nothing
    static <T> Closed<T> instance() {
      return (Closed<T>) INSTANCE;
    }
  }

  /** The end, with the reason that it was closed for. */
  record Failed<T>(Throwable reason) implements Received<T> {}
}
