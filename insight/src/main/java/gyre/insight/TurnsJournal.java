package gyre.insight;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Tells recordings of the Flight Recorder of the turns of all loops, each second. Does nothing
 * while there is none. By the watchdog's thread.
 */
final class TurnsJournal implements AutoCloseable {
  private static final long PERIOD_NANOS = 1_000_000_000L;

  private @Nullable GyreProcess process;
  private @Nullable ProcessSnapshot before;
  private long toldNanos = System.nanoTime() - PERIOD_NANOS;

  /** Whether somebody records, as it was when that was looked at last. */
  boolean isRecording() {
    return process != null;
  }

  void work(long now) {
    if (now - toldNanos < PERIOD_NANOS) {
      return;
    }
    toldNanos = now;
    if (!new TurnsEvent().isEnabled()) {
      close();
      return;
    }
    try {
      tell();
    } catch (IOException e) {
      StallLog.LOGGER.log(System.Logger.Level.DEBUG, "no turns for the recording", e);
    }
  }

  private void tell() throws IOException {
    GyreProcess own = process;
    if (own == null) {
      own = GyreProcess.open(ProcessHandle.current().pid());
      process = own;
    }
    ProcessSnapshot now = own.read();
    ProcessSnapshot old = before;
    before = now;
    if (old != null) {
      double seconds = Math.max(1, now.takenNanos() - old.takenNanos()) / 1e9;
      now.since(old).loops().forEach(loop -> TurnsEvent.commit(loop, seconds));
    }
  }

  @Override
  public void close() {
    GyreProcess opened = process;
    if (opened != null) {
      opened.close();
      process = null;
      before = null;
    }
  }
}
