package gyre;

/** What a timer needs of its loop. */
interface TimerHost {
  /** The time of the loop's turn. */
  long nanoTime();

  /**
   * Runs user code in a fiber of the loop, soon but never inside this call.
   *
   * @param owner whom to name in reports
   */
  void runCallback(Runnable callback, Object owner);
}
