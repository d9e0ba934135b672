package gyre.queue;

import java.time.Instant;
import java.util.List;

/**
 * What executes SQL and remembers what was executed: the seam below the worker. {@code
 * EngineConformance} says what each one promises.
 *
 * <p>Used by one thread, which it may block. Whatever throws {@link EngineTroubleException} has
 * changed nothing, and may be tried again.
 */
interface Engine extends AutoCloseable {
  /**
   * Executes each entry that the ledger does not have, writes it there, and has both on the device
   * when it returns. One that fails does not harm the others.
   *
   * @return one outcome for each entry, in their order; fewer, but at least one, where the database
   *     came into trouble behind them: the others are as they were
   */
  List<Outcome> execute(List<Claim> claims);

  /** Whether it was executed before. */
  boolean isDone(String id);

  /** Writes down what was executed outside, by a handler that has no transaction. */
  void recordDone(List<Claim> claims);

  /** Adds one to the attempts at this entry, durably, and returns how many those are. */
  int countAttempt(String id, String error, Instant now);

  /** How often it was tried, as far as is written down. */
  int attempts(String id);

  /** Begins to count anew: a person wants it to be tried again. */
  void forgetAttempts(String id);

  /** How many entries of a batch are done; failures that are final count, too. */
  long finishedOfBatch(String batch);

  /** Writes down that an entry of a batch was given up. */
  void recordGivenUp(String batch, String id);

  /** Forgets what was counted of a batch that has ended: its name may be used again. */
  void forgetBatch(String batch);

  /** Forgets some of what ended before that; the next call goes on where this one ended. */
  int prune(Instant before);

  /** Whether the last {@link #prune} has come to the end. */
  boolean isPruned();

  @Override
  void close();
}
