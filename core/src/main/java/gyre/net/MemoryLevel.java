package gyre.net;

/** How scarce the memory of a loop is. */
public enum MemoryLevel {
  /** Less than half of it is in use: the options of the streams are all that limits them. */
  CALM,
  /** Who needs more than a little asks first, and takes turns with others. */
  TIGHT,
  /** Somebody waits for long: streams that stand still are reset, the largest first. */
  SHED
}
