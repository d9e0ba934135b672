package gyre.net;

/**
 * A connection that is lent by a {@link ConnectionPool}, to one borrower. Closing the lease gives
 * the connection back; after that it throws.
 *
 * @param <C> a connection
 */
public final class Lease<C> implements AutoCloseable {
  private final ConnectionPool<?, C> pool;
  final PoolEntry<C> entry;
  private boolean isOver;

  Lease(ConnectionPool<?, C> pool, PoolEntry<C> entry) {
    this.pool = pool;
    this.entry = entry;
  }

  /**
   * What is lent.
   *
   * @throws IllegalStateException after {@link #close} or {@link #discard}
   */
  public C connection() {
    if (isOver) {
      throw new IllegalStateException("this lease is over: the connection may be another's");
    }
    return entry.connection;
  }

  /**
   * Gives the connection back, in the state in which the next borrower can use it; if it can't be
   * used any more ({@link ConnectionFactory#isUsable}) it is closed. The second time nothing
   * happens.
   */
  @Override
  public void close() {
    if (!isOver) {
      isOver = true;
      pool.giveBack(entry, true);
    }
  }

  /**
   * Ends the lease and closes the connection: for one that is in an unknown state, as after a
   * failure or a cancelled exchange.
   */
  public void discard() {
    if (!isOver) {
      isOver = true;
      pool.giveBack(entry, false);
    }
  }
}
