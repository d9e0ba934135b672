package gyre.queue;

import java.time.InstantSource;

/**
 * What is looked at from time to time, in case that nobody told of it, and what only time brings.
 * Used by the thread that executes.
 */
final class Upkeep implements AutoCloseable {
  private static final long TICK_MILLIS = 5000;

  /** Where nothing else is to be done: between two steps of a pass that deletes what is old. */
  private static final long STEP_MILLIS = 20;

  private final Queue queue;
  private final PendingIndex pending;
  private final Replay replay;
  private final WorkerLog log;
  private final InstantSource clock;
  private final ClockSteps clockSteps;
  private final Cleanup cleanup;
  private long nextTickMillis = PendingIndex.steadyMillis();

  Upkeep(Queue queue, PendingIndex pending, Replay replay, WorkerLog log, InstantSource clock) {
    this.queue = queue;
    this.pending = pending;
    this.replay = replay;
    this.log = log;
    this.clock = clock;
    this.cleanup = new Cleanup(queue.spool(), log);
    this.clockSteps =
        new ClockSteps(clock.millis(), PendingIndex.steadyMillis(), cleanup.lastMillis());
  }

  /** When it is to be called at the latest, of {@link PendingIndex#steadyMillis}. */
  long nextMillis() {
    return cleanup.isRunning()
        ? Math.min(nextTickMillis, PendingIndex.steadyMillis() + STEP_MILLIS)
        : nextTickMillis;
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
      tick(settling, config);
    }
    if (clockSteps.isInDoubt(now)) {
      cleanup.close();
    } else {
      cleanup.step(engine, config, clock.instant());
    }
  }

  private void tick(Settler settling, QueueConfig config) {
    if (pending.isExhausted()) {
      pending.scan();
    }
    pending.scanDelayed();
    replay.recover(settling);
    Maintenance.batches(queue.spool(), settling, log);
    Maintenance.recurring(queue, config, clock.instant(), log);
    if (!clockSteps.isInDoubt(PendingIndex.steadyMillis())) {
      cleanup.begin(config, clock.instant());
    }
  }

  @Override
  public void close() {
    cleanup.close();
  }
}
