package gyre.loop;

/** Where a turn has the code of users run, in fibers. */
public interface Callbacks {
  void add(Runnable callback);

  boolean isEmpty();

  int size();

  /** Lets a fiber run what is there now; what that asks for comes in the next turn. */
  void begin();

  /**
   * Has another fiber go on where the one that had the callbacks is parked in one of them.
   *
   * @return whether that is necessary
   */
  boolean takeOver();
}
