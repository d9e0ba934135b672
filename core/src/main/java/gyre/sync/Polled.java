package gyre.sync;

/** What {@link Receiver#tryReceive} answers: something {@link Received}, or nothing so far. */
public sealed interface Polled<T> permits Received, Polled.Empty {
  /** Nothing is there at present, and more may come. */
  record Empty<T>() implements Polled<T> {
    private static final Empty<?> INSTANCE = new Empty<>();

    @SuppressWarnings("unchecked") // it holds nothing
    static <T> Empty<T> instance() {
      return (Empty<T>) INSTANCE;
    }
  }
}
