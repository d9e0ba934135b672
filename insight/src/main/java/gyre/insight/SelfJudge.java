package gyre.insight;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Has the watchdog judge its own process for recordings of the Flight Recorder, every ten seconds.
 * Does nothing while there is none.
 */
final class SelfJudge implements Watchdog.Duty, AutoCloseable {
  private static final long PERIOD_NANOS = 10_000_000_000L;

  private final StallLog stalls;
  private final TurnsJournal turns = new TurnsJournal();
  private @Nullable GyreProcess process;
  private @Nullable ProcessSnapshot before;
  private @Nullable Facts factsBefore;
  private final LeakWatch leaks = new LeakWatch();
  private long judgedNanos;

  SelfJudge(StallLog stalls) {
    this.stalls = stalls;
  }

  @Override
  public boolean isRecording() {
    return turns.isRecording();
  }

  @Override
  public void work(long now) {
    turns.work(now);
    if (now - judgedNanos < PERIOD_NANOS && judgedNanos != 0) {
      return;
    }
    judgedNanos = now;
    if (!new VerdictEvent().isEnabled()) {
      close();
      return;
    }
    try {
      judge().forEach(VerdictEvent::commit);
      if (before != null) {
        leaks.look(before).forEach(VerdictEvent::commit);
      }
    } catch (IOException e) {
      StallLog.LOGGER.log(System.Logger.Level.DEBUG, "no verdicts for the recording", e);
    }
  }

  private List<Verdict> judge() throws IOException {
    GyreProcess own = process;
    if (own == null) {
      own = GyreProcess.open(ProcessHandle.current().pid());
      process = own;
    }
    ProcessSnapshot now = own.read();
    Facts facts = Facts.of(Machine.REAL, now, factsBefore);
    ProcessSnapshot old = before;
    Facts oldFacts = factsBefore;
    before = now;
    factsBefore = facts;
    return old == null || oldFacts == null
        ? List.of()
        : Diagnosis.of(old, now, oldFacts, facts, stalls.all(), List.of());
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
      process = null;
      before = null;
    }
  }
}
