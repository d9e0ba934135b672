package gyre.sync;

/** What {@link Receiver#tryReceive} answers: something {@link Received}, or nothing so far. */
public sealed interface TryReceived<T> permits Received, TryReceived.Empty {
  /** Nothing is there at present, and more may come. */
  record Empty<T>() implements TryReceived<T> {
    private static final Empty<?> INSTANCE = new Empty<>();

    @SuppressWarnings("unchecked") // it holds nothing
    static <T> Empty<T> instance() {
      return (Empty<T>) INSTANCE;
    }
  }
}
