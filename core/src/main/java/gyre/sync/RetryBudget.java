package gyre.sync;

/**
 * How many retries may be made in relation to calls: where a server fails, each of its clients
 * trying four times would make it four times worse. Each call pays in a part of a retry, and a
 * retry takes out a whole one; what is paid in and not needed is kept up to a limit.
 *
 * <p>Needs no clock. May be shared by everything that calls the same place; used on one loop.
 */
public final class RetryBudget {
  private static final int WHOLE = 100;

  private final int percent;
  private final long limit;
  private long balance;
  private long refused;

  private RetryBudget(int percent, long reserve) {
    this.percent = percent;
    this.limit = reserve * WHOLE;
    this.balance = limit;
  }

  /**
   * One for all who call the same thing.
   *
   * @param percent of calls that may be retries, in the long run: 10 or 20 is usual
   * @param reserve how many may be made at once, also before there were calls; at least 1
   */
  public static RetryBudget create(int percent, int reserve) {
    if (percent < 0 || percent > 1_000) {
      throw new IllegalArgumentException("percent is " + percent + ": must be from 0 to 1000");
    }
    if (reserve < 1) {
      throw new IllegalArgumentException("reserve is " + reserve + ": must be at least 1");
    }
    return new RetryBudget(percent, reserve);
  }

  /** A call begins. */
  void called() {
    balance = Math.min(limit, balance + percent);
  }

  /** Takes out a retry, if there is one. */
  boolean tryRetry() {
    if (balance < WHOLE) {
      refused++;
      return false;
    }
    balance -= WHOLE;
    return true;
  }

  /** How many retries could be made now. */
  public int available() {
    return (int) (balance / WHOLE);
  }

  /** How many were not made because there was nothing left. */
  public long refused() {
    return refused;
  }
}
