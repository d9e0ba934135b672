package gyre.sim;

import gyre.sim.engine.Trace;
import gyre.sim.engine.TraceText;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What an attempt did: how it ended, which faults struck, and how much there is to tell. */
final class Recording implements Watcher {
  /** More faults than that are not kept; whoever has so many is not shrunk by numbers. */
  private static final int FAULTS_LIMIT = 100_000;

  private final Map<Long, InjectedFault> faults = new LinkedHashMap<>();
  private final long firstLine;
  private final @Nullable Consumer<String> lines;
  private long lineCount;
  private long events;
  private long nanos;
  private boolean over;
  private @Nullable Throwable failure;

  private Recording(long firstLine, @Nullable Consumer<String> lines) {
    this.firstLine = firstLine;
    this.lines = lines;
  }

  /** Runs it, and hands over the lines of its trace from a certain one on. */
  static Recording of(
      Simulation simulation, Attempt attempt, long firstLine, @Nullable Consumer<String> lines) {
    Recording recording = new Recording(firstLine, lines);
    try {
      attempt.run(simulation.vary(simulation.variation().watched(recording)));
    } catch (Throwable e) {
      recording.failure = e;
    }
    return recording;
  }

  static Recording of(Simulation simulation, Attempt attempt) {
    return of(simulation, attempt, Long.MAX_VALUE, null);
  }

  /** The last lines of a run that has been recorded before. */
  static List<String> tail(Simulation simulation, Attempt attempt, long lineCount, int limit) {
    ArrayDeque<String> tail = new ArrayDeque<>(limit + 1);
    of(
        simulation,
        attempt,
        Math.max(0, lineCount - limit),
        line -> {
          tail.add(line);
          if (tail.size() > limit) {
            tail.remove();
          }
        });
    return new ArrayList<>(tail);
  }

  @Override
  public void happened(
      long at, Trace.Kind kind, String who, long a, long b, @Nullable Object what) {
    if (over) {
      return;
    }
    if (kind == Trace.Kind.FAILURE) {
      over = true;
      nanos = at;
    }
    if (kind == Trace.Kind.FAULT && faults.size() < FAULTS_LIMIT) {
      String text = what == null ? "" : what.toString();
      faults.putIfAbsent(a, new InjectedFault(a, TraceText.fault(b), at, who, text));
    }
    if (TraceText.isOfInterest(kind)) {
      if (lineCount >= firstLine && lines != null) {
        lines.accept(TraceText.line(at, kind, who, a, b, what));
      }
      lineCount++;
    }
  }

  @Override
  public void ended(long hash, long eventCount, long atNanos) {
    events += eventCount;
    nanos = over ? nanos : Math.max(nanos, atNanos);
  }

  @Nullable Throwable failure() {
    return failure;
  }

  boolean failsLike(String shape) {
    return failure != null && SimulationFailure.shape(failure).equals(shape);
  }

  List<InjectedFault> faults() {
    return List.copyOf(faults.values());
  }

  long lineCount() {
    return lineCount;
  }

  long events() {
    return events;
  }

  /** When it failed, or the last of its worlds ended. */
  long nanos() {
    return nanos;
  }
}
