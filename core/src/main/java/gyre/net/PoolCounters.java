package gyre.net;

/**
 * What a {@link ConnectionPool} holds at present, and what has happened since it was opened.
 *
 * @param idle connections that could be lent
 * @param lent connections that are used at present
 * @param connecting connections being made
 * @param waiting borrowers that wait
 * @param borrows connections lent, new ones and used ones
 * @param connects connections that were made
 * @param connectFailures connections that could not be made
 * @param evictions connections closed because they had been idle for too long, were too old, or
 *     could not be used any more
 * @param timeouts borrowers that have waited in vain
 */
public record PoolCounters(
    int idle,
    int lent,
    int connecting,
    int waiting,
    long borrows,
    long connects,
    long connectFailures,
    long evictions,
    long timeouts) {}
