package gyre.lab.race;

import gyre.lab.result.Entry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/** Runs a plan, one stage after the other, and keeps to its time. */
public final class Race {
  private static final long MILLI = 1_000_000;

  /** In the rest of the time everybody takes what there is. */
  private static final double CHOOSING = 0.7;

  private final Plan plan;
  private final Bench bench;
  private final Progress progress;

  private String awake = "";
  private boolean wasWatched;

  public Race(Plan plan, Bench bench, Progress progress) {
    this.plan = plan;
    this.bench = bench;
    this.progress = progress;
  }

  /** Whatever could be measured; all of the plan unless {@link Children#end} was called. */
  public List<Entry> run() {
    List<Entry> entries = new ArrayList<>();
    long endNanos = System.nanoTime() + plan.limit().toNanos();
    try (Calm calm = Calm.watching(bench, progress)) {
      for (int i = 0; i < plan.stages().size() && !isStopped(); i++) {
        long now = System.nanoTime();
        long millis = plan.stageMillis(i, (endNanos - now) / MILLI);
        entries.addAll(run(plan.stages().get(i), calm, now + millis * MILLI));
      }
      awake = calm.awake();
      wasWatched = calm.wasWatching();
    }
    progress.end();
    return List.copyOf(entries);
  }

  private List<Entry> run(Plan.Stage stage, Calm calm, long deadlineNanos) {
    List<HeatRun> runs = new ArrayList<>();
    try (Servers servers = new Servers(bench)) {
      for (Plan.Heat heat : stage.heats()) {
        runs.add(new HeatRun(heat, plan.pace(), bench, servers, calm, progress));
      }
      try {
        for (HeatRun run : runs) {
          if (!isStopped()) {
            run.begin();
          }
        }
        goRound(runs, servers, calm, deadlineNanos);
      } finally {
        close(runs);
      }
    }
    return runs.stream().flatMap(run -> run.entries().stream()).toList();
  }

  /** A few rounds of each, again and again, until all is known or it is too late. */
  private void goRound(List<HeatRun> runs, Servers servers, Calm calm, long deadlineNanos) {
    Deque<HeatRun> waiting = new ArrayDeque<>(runs);
    waiting.removeIf(run -> !run.wantsMore(deadlineNanos));
    long begun = System.nanoTime();
    long choosingNanos = (long) ((deadlineNanos - begun) * CHOOSING);
    List<HeatRun> again = beginningAgain(runs, deadlineNanos - begun);
    again.forEach(HeatRun::willBeginAnew);
    long againNanos = beginningAgainNanos(again, deadlineNanos - begun);
    while (!isStopped() && !waiting.isEmpty()) {
      if (System.nanoTime() - begun > againNanos) {
        againNanos = Long.MAX_VALUE;
        if (again.stream().anyMatch(HeatRun::hasServers)) {
          servers.end();
        }
        again.forEach(HeatRun::beginAnew);
      }
      boolean isChoice =
          System.nanoTime() - begun < choosingNanos
              && waiting.stream().map(HeatRun::feelsBothCores).distinct().count() > 1;
      HeatRun next = next(waiting, isChoice && calm.areCoresFar());
      waiting.remove(next);
      next.visit(deadlineNanos, isChoice);
      waiting.add(next);
      waiting.removeIf(run -> !run.wantsMore(deadlineNanos));
    }
  }

  /**
   * Whose JVMs begin anew once: what is compiled, and where its memory lies, differs by some
   * percent from one to the next, and by half for some. It must not take more than a quarter of the
   * time that is left. If all of them would, then only those that drive themselves: they are warm
   * sooner, and differ more.
   */
  private List<HeatRun> beginningAgain(List<HeatRun> runs, long leftNanos) {
    List<HeatRun> themselves = runs.stream().filter(run -> !run.hasServers()).toList();
    return Stream.of(runs, themselves)
        .filter(_ -> plan.pace().isAdaptive())
        .filter(some -> 0 < warmingNanos(some) && 4 * warmingNanos(some) <= leftNanos)
        .findFirst()
        .orElse(List.of());
  }

  /** In the middle of the time, or sooner where there is more of it than it takes. */
  private static long beginningAgainNanos(List<HeatRun> again, long leftNanos) {
    long takesNanos = warmingNanos(again);
    return takesNanos == 0
        ? Long.MAX_VALUE
        : Math.min((leftNanos - takesNanos) / 2, 2 * takesNanos);
  }

  private static long warmingNanos(List<HeatRun> runs) {
    return runs.stream().mapToLong(HeatRun::jvmNanos).sum();
  }

  /**
   * Who was visited least; while the two cores are far from each other and do not come together, of
   * those who do not mind.
   */
  private static HeatRun next(Deque<HeatRun> waiting, boolean areCoresFar) {
    return waiting.stream()
        .filter(run -> !areCoresFar || !run.feelsBothCores())
        .min(Comparator.comparingInt(HeatRun::visits))
        .orElseGet(waiting::getFirst);
  }

  /** All at once: a JVM takes a while to end. */
  private static void close(List<HeatRun> runs) {
    try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      runs.forEach(run -> each.execute(run::close));
    }
  }

  /** How the cores were kept from falling asleep; empty where they were not. */
  public String awake() {
    return awake;
  }

  /** Whether somebody watched the cores all the time, and so knows when others disturbed. */
  public boolean wasWatched() {
    return wasWatched;
  }

  /** Whether there will be nothing more to measure. */
  public boolean isStopped() {
    return Children.areEnding();
  }
}
