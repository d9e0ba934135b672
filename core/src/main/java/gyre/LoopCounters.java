package gyre;

import gyre.loop.Turn;

/** What a loop has done since it was opened. Read on the loop, or elsewhere without guarantee. */
public final class LoopCounters {
  private final Turn turn;
  long handlesOpened;
  long handlesClosed;
  long failures;
  long peerFailures;

  LoopCounters(Turn turn) {
    this.turn = turn;
  }

  public long turns() {
    return turn.turns();
  }

  /** Completions of operations. */
  public long completions() {
    return turn.completions();
  }

  public long handlesOpened() {
    return handlesOpened;
  }

  public long handlesClosed() {
    return handlesClosed;
  }

  /** Failures that were reported to the {@link FailureListener}. */
  public long failures() {
    return failures;
  }

  /**
   * Streams that the peer broke: it reset the connection, was silent beyond a timeout, or ended in
   * the middle of what was to be read.
   */
  public long peerFailures() {
    return peerFailures;
  }
}
