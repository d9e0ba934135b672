package gyre.queue;

import java.time.InstantSource;

/**
 * What is looked at from time to time, in case that nobody told of it, and what only time brings.
 * Used by the thread that executes.
 */
final class Upkeep {
  private static final long TICK_MILLIS = 5000;

  private final Queue queue;
  private final PendingIndex pending;
  private final Replay replay;
  private final WorkerLog log;
  private final InstantSource clock;
  private final ClockSteps clockSteps;
  private long nextTickMillis = PendingIndex.steadyMillis();

  Upkeep(Queue queue, PendingIndex pending, Replay replay, WorkerLog log, InstantSource clock) {
    this.queue = queue;
    this.pending = pending;
    this.replay = replay;
    this.log = log;
    this.clock = clock;
    this.clockSteps =
        new ClockSteps(
            clock.millis(),
            PendingIndex.steadyMillis(),
            Maintenance.lastCleanup(queue.spool(), log));
  }

  /** When it is to be called at the latest, of {@link PendingIndex#steadyMillis}. */
  long nextMillis() {
    return nextTickMillis;
  }

  /** Does what is due by now; all of it, where the clock was set. */
  void look(Settler settling, Engine engine, QueueConfig config) {
    long now = PendingIndex.steadyMillis();
    long step = clockSteps.look(clock.millis(), now);
    if (step != 0) {
      log.warn(
          "the clock was set by "
              + step / 1000
              + " s: nothing is deleted for its age for "
              + ClockSteps.DOUBT_MILLIS / 60_000
              + " minutes");
    }
    if (step != 0 || now - nextTickMillis >= 0) {
      nextTickMillis = now + TICK_MILLIS;
      tick(settling, engine, config);
    }
  }

  private void tick(Settler settling, Engine engine, QueueConfig config) {
    if (pending.isExhausted()) {
      pending.scan();
    }
    pending.scanDelayed();
    replay.recover(settling);
    Maintenance.batches(queue.spool(), settling, log);
    Maintenance.recurring(queue, config, clock.instant(), log);
    if (!clockSteps.isInDoubt(PendingIndex.steadyMillis())) {
      Maintenance.cleanup(queue.spool(), engine, config, clock.instant(), log);
    }
  }
}
