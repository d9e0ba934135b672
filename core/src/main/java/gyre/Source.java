package gyre;

/**
 * Something that a fiber can wait for: bytes of a stream, a point in time, the end of a fiber, a
 * signal from another thread.
 *
 * <p>A source is a <em>level</em>: {@link #isReady} says whether waiting is over, as often as
 * somebody asks. Waiting changes nothing: a fiber arms the source, parks, disarms it, and only then
 * takes what it waited for (a byte, a connection, a permit), in a call of its own that does not
 * park. So a wait that was cancelled, or that lost against another source, has consumed nothing.
 *
 * <p>To wait for one source: {@link Fiber#await}. For the first of several: {@link
 * Fiber#awaitFirst}. A source belongs to one loop and is used on it alone.
 *
 * <p>To make one, extend {@link WaitPoint}, which keeps the waiters.
 */
public interface Source {
  /** Whether whoever waits for this can go on. Has no effect. */
  boolean isReady();

  /**
   * From now on, until {@link #disarm}, {@link Waiter#wake wakes} the waiter when this becomes
   * ready. Called only while this is not ready. Throws {@link IllegalStateException} where only one
   * may wait and another does; then nothing is armed.
   */
  void arm(Waiter waiter);

  /**
   * The waiter is gone. Called once for every {@link #arm} that returned, however the wait ended.
   * If the waiter was woken and does not take what it was woken for, the next one is woken in its
   * place.
   */
  void disarm(Waiter waiter);

  /** What a fiber that waits for this is doing, for example {@code reading from tcp-stream-3}. */
  String doing();
}
