package gyre.sync;

/** What became of an item that was to be sent without waiting. */
public enum Sent {
  /** A receiver has it, or will get it. */
  SENT,
  /** Refused: there is no room, and no receiver waits. Later there may be. */
  FULL,
  /** Refused for good. */
  CLOSED
}
