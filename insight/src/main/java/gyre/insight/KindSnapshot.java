package gyre.insight;

/**
 * What a loop tells of one kind of handle.
 *
 * @param open how many are
 * @param stalls slices of callbacks that took longer than the limit of the watchdog
 * @param callbacks how long they took, in nanoseconds
 */
public record KindSnapshot(String name, long open, long stalls, Spread callbacks) {
  /** What has come since. */
  KindSnapshot since(KindSnapshot earlier) {
    return new KindSnapshot(
        name, open, Math.max(0, stalls - earlier.stalls), callbacks.since(earlier.callbacks));
  }
}
