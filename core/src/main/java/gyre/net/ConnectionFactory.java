package gyre.net;

/**
 * How the connections of a {@link ConnectionPool} are made, checked and closed. Its methods are
 * called in fibers of the pool's loop.
 *
 * @param <K> what is connected to: an address, a data source
 * @param <C> a connection
 */
@FunctionalInterface
public interface ConnectionFactory<K, C> {
  /** Connects; may park, and be cancelled. */
  C connect(K target) throws Exception;

  /** Whether a connection that was idle can be lent, or one that comes back kept; doesn't park. */
  default boolean isUsable(C connection) {
    return true;
  }

  /** Closes a connection that is not to be lent again; may park. */
  default void close(C connection) throws Exception {
    if (connection instanceof AutoCloseable closeable) {
      closeable.close();
    }
  }
}
