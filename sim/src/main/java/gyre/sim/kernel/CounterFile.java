package gyre.sim.kernel;

import gyre.engine.Poll;

/** An eventfd. */
final class CounterFile extends OpenFile {
  private long count;

  /** Adds to it, which whoever polls it is told each time. */
  void signal(long by) {
    count += by;
    tellAll(Poll.READABLE);
  }

  /** Reads it, which sets it to zero; 0 if it is that already. */
  long take() {
    long taken = count;
    count = 0;
    return taken;
  }

  @Override
  int levels() {
    return count > 0 ? Poll.READABLE | Poll.WRITABLE : Poll.WRITABLE;
  }

  @Override
  public String toString() {
    return "event counter";
  }
}
