package gyre.lab.race;

import gyre.lab.result.Entry;
import gyre.lab.workload.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;

/** Runs a plan, one heat after the other, and keeps to its time. */
public final class Race {
  private static final long MILLI = 1_000_000;

  private final Plan plan;
  private final Bench bench;
  private final Progress progress;

  public Race(Plan plan, Bench bench, Progress progress) {
    this.plan = plan;
    this.bench = bench;
    this.progress = progress;
  }

  /** Whatever could be measured; all of the plan unless {@link Children#end} was called. */
  public List<Entry> run() {
    List<Entry> entries = new ArrayList<>();
    long endNanos = System.nanoTime() + plan.limit().toNanos();
    try (Servers servers = new Servers(bench)) {
      for (int i = 0; i < plan.heats().size() && !isStopped(); i++) {
        Plan.Heat heat = plan.heats().get(i);
        if (heat.workload().kind().driver() != Kind.Driver.GENERATOR) {
          servers.end(); // what follows does not need them
        }
        HeatRun run = new HeatRun(heat, plan.pace(), bench, servers, progress);
        entries.addAll(run.run(deadline(i, endNanos)));
      }
    }
    progress.end();
    return List.copyOf(entries);
  }

  /** Until when the heat at {@code index} may have rounds if they begin now. */
  private LongUnaryOperator deadline(int index, long endNanos) {
    return nowNanos -> nowNanos + MILLI * plan.roundsMillis(index, (endNanos - nowNanos) / MILLI);
  }

  /** Whether there will be nothing more to measure. */
  public boolean isStopped() {
    return Children.areEnding();
  }
}
