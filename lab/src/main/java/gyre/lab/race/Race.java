package gyre.lab.race;

import gyre.lab.result.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;

/** Runs a plan, one heat after the other, and keeps to its time. */
public final class Race {
  private final Plan plan;
  private final Bench bench;
  private final Progress progress;
  private volatile boolean stopped;

  public Race(Plan plan, Bench bench, Progress progress) {
    this.plan = plan;
    this.bench = bench;
    this.progress = progress;
  }

  /** Whatever could be measured; all of the plan unless {@link #stop} was called. */
  public List<Entry> run() {
    List<Entry> entries = new ArrayList<>();
    long endNanos = System.nanoTime() + plan.limit().toNanos();
    for (int i = 0; i < plan.heats().size() && !stopped; i++) {
      int index = i;
      LongUnaryOperator deadline =
          nowNanos ->
              nowNanos + 1_000_000 * plan.roundsMillis(index, (endNanos - nowNanos) / 1_000_000);
      entries.addAll(
          new HeatRun(plan.heats().get(i), plan.pace(), bench, progress, () -> stopped)
              .run(deadline));
    }
    progress.end();
    return List.copyOf(entries);
  }

  public boolean isStopped() {
    return stopped;
  }

  /** Ends the race soon. From any thread; {@link #run} then answers with what it has. */
  public void stop() {
    stopped = true;
    Children.killAll();
  }
}
