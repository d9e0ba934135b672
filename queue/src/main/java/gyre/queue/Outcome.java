package gyre.queue;

import org.jspecify.annotations.Nullable;

/** What has become of an entry that was executed. */
sealed interface Outcome {
  /** It was executed, now. */
  record Done(@Nullable Object result) implements Outcome {}

  /** The ledger says that it was executed before: so it was not, now. */
  record Duplicate() implements Outcome {}

  /**
   * It could not be executed, and nothing of it was.
   *
   * @param isFinal trying again would not help
   */
  record Failed(String error, boolean isFinal) implements Outcome {}
}
