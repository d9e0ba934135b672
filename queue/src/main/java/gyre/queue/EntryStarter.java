package gyre.queue;

import java.util.concurrent.CompletableFuture;

/** Has the loop execute an entry, which answers by {@link Inbox#finished}. */
@FunctionalInterface
interface EntryStarter {
  void start(Claim claim, Kind kind, int attempt);

  /** Calls of a handler that were given up and have not returned. */
  default Hanging hanging(String operation) {
    return Hanging.NONE;
  }

  /** Cancels all that runs. Ends when nothing does any more, and all answers are given. */
  default CompletableFuture<Void> stop() {
    return CompletableFuture.completedFuture(null);
  }
}
