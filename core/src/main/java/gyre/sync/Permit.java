package gyre.sync;

/**
 * The right to go on in a {@link Mutex}, {@link RwLock} or {@link Semaphore}, until it is closed.
 *
 * <pre>{@code
 * try (var _ = mutex.hold()) {
 *   ...
 * }
 * }</pre>
 *
 * <p>That of a lock is closed by the fiber that holds the lock. That of a semaphore is closed by
 * any fiber of the loop, so it may be handed on; the second time has no effect.
 */
public interface Permit extends AutoCloseable {
  /**
   * Gives it back, and wakes who is next. Does not park.
   *
   * @throws IllegalStateException if it belongs to a lock that the calling fiber does not hold; or
   *     on another thread than the loop's
   */
  @Override
  void close();
}
