package gyre.process;

/**
 * A signal has come.
 *
 * @param count how often since it was told last, as far as that is known: at least once, because
 *     the kernel keeps one of several that come at the same time
 */
public record SignalEvent(OsSignal signal, int count) {
  @Override
  public String toString() {
    return count == 1 ? signal.name() : signal + " (" + count + " times)";
  }
}
