package gyre.sim;

import gyre.sim.engine.Trace;
import gyre.sim.engine.TraceText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Two runs of one attempt that should be equal. First only their hashes are compared. Where these
 * differ it is run again in pairs: of the first one every event is kept as a number, and some also
 * as text; the second is compared with it as it goes.
 */
final class Comparison {
  private static final int EVENTS_LIMIT = 16 << 20;
  private static final int WINDOW = 20_000;
  private static final int CONTEXT = 3;
  private static final int PAIRS = 4;

  private Comparison() {}

  static void check(Simulation simulation, Attempt attempt) {
    Sum first = Sum.of(simulation, attempt);
    Sum second = Sum.of(simulation, attempt);
    if (first.hash != second.hash || first.events != second.events) {
      throw new SimulationFailure(
          SimulationFailure.Kind.NOT_DETERMINISTIC,
          simulation.seed(),
          "seed " + simulation.seed() + " is not deterministic: " + difference(simulation, attempt),
          null);
    }
    if (first.failure != null) {
      throw Thrown.unchecked(first.failure);
    }
  }

  private static String difference(Simulation simulation, Attempt attempt) {
    long from = 0;
    for (int pair = 0; pair < PAIRS; pair++) {
      Original original = Original.of(simulation, attempt, from);
      Copy copy = Copy.of(simulation, attempt, original);
      if (copy.place < 0) {
        return "two runs were different, and then two were equal, as if something were left of the"
            + " first run: a static field, or an object that was made outside of the world";
      }
      if (original.hasText(copy.place)) {
        return said(original, copy);
      }
      from = Math.max(0, copy.place - WINDOW / 2);
    }
    return "its runs differ, each time somewhere else";
  }

  private static String said(Original original, Copy copy) {
    StringBuilder text = new StringBuilder(400);
    text.append("the runs differ from event ").append(copy.place + 1).append(" on");
    for (long i = Math.max(0, copy.place - CONTEXT); i < copy.place; i++) {
      if (original.hasText(i)) {
        text.append("\n  both:   ").append(original.text(i));
      }
    }
    return text.append("\n  first:  ")
        .append(original.text(copy.place))
        .append("\n  second: ")
        .append(copy.text)
        .append(
            "\nA run may depend on nothing but its seed: no clocks, threads or random numbers of")
        .append(" its own, no order of identity hashes, nothing static that changes.")
        .toString();
  }

  private static void run(Simulation simulation, Attempt attempt, Watcher watcher) {
    try {
      attempt.run(simulation.vary(simulation.variation().watched(watcher)));
    } catch (Throwable e) {
      // It is compared up to there; that it fails is told by those who look for failures.
    }
  }

  /** The hash alone. */
  private static final class Sum implements Watcher {
    private long hash;
    private long events;
    private @Nullable Throwable failure;

    static Sum of(Simulation simulation, Attempt attempt) {
      Sum sum = new Sum();
      try {
        attempt.run(simulation.vary(simulation.variation().watched(sum)));
      } catch (Throwable e) {
        sum.failure = e;
      }
      return sum;
    }

    @Override
    public void happened(
        long nanos, Trace.Kind kind, String who, long a, long b, @Nullable Object what) {}

    @Override
    public void ended(long newHash, long newEvents, long nanos) {
      hash = 31 * hash + newHash;
      events += newEvents;
    }
  }

  private static long fold(long nanos, Trace.Kind kind, String who, long a, long b) {
    long folded = nanos * 31 + kind.name().hashCode();
    folded = folded * 31 + who.hashCode();
    return ((folded * 0x9E3779B97F4A7C15L) ^ a) * 0xBF58476D1CE4E5B9L + b;
  }

  /** The first of a pair. */
  private static final class Original implements Watcher {
    private final long from;
    private final List<String> texts = new ArrayList<>();
    private long[] sums = new long[1024];
    private int count;

    private Original(long from) {
      this.from = from;
    }

    static Original of(Simulation simulation, Attempt attempt, long from) {
      Original original = new Original(from);
      Comparison.run(simulation, attempt, original);
      return original;
    }

    boolean hasText(long place) {
      return place >= from
          && (place - from < texts.size() || (place == count && place - from == texts.size()));
    }

    String text(long place) {
      return place - from == texts.size() ? "(is over)" : texts.get((int) (place - from));
    }

    @Override
    public void happened(
        long nanos, Trace.Kind kind, String who, long a, long b, @Nullable Object what) {
      if (count == EVENTS_LIMIT) {
        return;
      }
      if (count == sums.length) {
        sums = Arrays.copyOf(sums, 2 * count);
      }
      if (count >= from && texts.size() < WINDOW) {
        texts.add(TraceText.line(nanos, kind, who, a, b, what));
      }
      sums[count++] = fold(nanos, kind, who, a, b);
    }

    @Override
    public void ended(long hash, long events, long nanos) {}
  }

  /** The second of a pair. */
  private static final class Copy implements Watcher {
    private final Original original;
    private long seen;
    private long place = -1;
    private String text = "(is over)";

    private Copy(Original original) {
      this.original = original;
    }

    static Copy of(Simulation simulation, Attempt attempt, Original original) {
      Copy copy = new Copy(original);
      Comparison.run(simulation, attempt, copy);
      if (copy.place < 0 && copy.seen < original.count) {
        copy.place = copy.seen;
      }
      return copy;
    }

    @Override
    public void happened(
        long nanos, Trace.Kind kind, String who, long a, long b, @Nullable Object what) {
      if (place >= 0 || seen >= EVENTS_LIMIT) {
        return;
      }
      if (seen >= original.count || original.sums[(int) seen] != fold(nanos, kind, who, a, b)) {
        place = seen;
        text = TraceText.line(nanos, kind, who, a, b, what);
      }
      seen++;
    }

    @Override
    public void ended(long hash, long events, long nanos) {}
  }
}
