package gyre;

/** How fibers are carried. */
public enum FiberMode {
  /** Virtual threads scheduled by the loop, on the loop's thread. */
  NATIVE,
  /**
   * Default virtual threads that take turns with the loop's thread: works without {@code
   * --add-opens java.base/java.lang=ALL-UNNAMED}, at about twice the CPU time.
   */
  BATON
}
