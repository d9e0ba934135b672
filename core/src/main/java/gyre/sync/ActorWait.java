package gyre.sync;

import gyre.DeadlockException;
import org.jspecify.annotations.Nullable;

/**
 * What an actor waits for in another one while it handles a message: room in its mailbox, or an
 * answer. From these, circles are found.
 *
 * @param ask null where it waits for room
 */
record ActorWait(Actor<?> target, Actor.@Nullable Ask ask) {
  private static final int CHAIN_LIMIT = 256;

  /** Whether it cannot end while {@link #target} waits itself. */
  private boolean dependsOnTarget() {
    return ask == null || !ask.isHandled() || target.handles(ask);
  }

  private String describe() {
    return (ask == null ? "for room in the mailbox of " : "for an answer of ") + target.name();
  }

  /** Throws if the chain of waits that begins with this one leads back to {@code waiting}. */
  void check(Actor<?> waiting) {
    StringBuilder chain = new StringBuilder(waiting.name() + " would wait " + describe());
    ActorWait last = this;
    for (int i = 0; i < CHAIN_LIMIT; i++) {
      if (last.target == waiting) {
        throw new DeadlockException(
            chain + ": none of them could go on. Send without waiting, or answer before asking");
      }
      ActorWait next = last.target.waitsFor();
      if (next == null || !next.dependsOnTarget()) {
        return;
      }
      chain.append(", which waits ").append(next.describe());
      last = next;
    }
  }
}
