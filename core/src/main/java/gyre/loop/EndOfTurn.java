package gyre.loop;

/** What can ask a turn to come back to it before it waits again: handles, which submit then. */
public abstract class EndOfTurn {
  /** For reports. */
  protected abstract String name();

  /** The turn has come to its end. */
  protected abstract void turnEnds();

  /** It threw, and can't go on. */
  protected abstract void abort();
}
