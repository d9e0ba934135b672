package gyre.sim;

import gyre.sim.fault.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Looks for fewer faults that lead to the same failure, the coarse steps first:
 *
 * <ol>
 *   <li>none at all;
 *   <li>whole kinds less: the others strike on as if nothing were missing;
 *   <li>the first so many: up to the last of them the run is the same;
 *   <li>any subset of those, by halves, quarters and so on (Zeller's ddmin);
 * </ol>
 *
 * <p>and in the end the shortest virtual time. A run with fewer faults is another run, so each step
 * is only a guess that is tried. Bounded by a number of runs, and by a time of the real world
 * because a run may be long: the one that it ends in is stopped.
 */
final class Shrinker {
  private static final int NUMBERS_LIMIT = 4096;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Attempt attempt;
  private final String shape;
  private final boolean isTimeout;
  private final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
  private int runsLeft;
  private int runs;

  /** The best so far: what it was run with, and what happened. */
  private Simulation best;

  private Recording recording;

  Shrinker(Simulation start, Recording first, Attempt attempt, String shape, int runsLimit) {
    this.attempt = attempt;
    this.shape = shape;
    this.isTimeout = shape.startsWith(SimulationFailure.Kind.TIMEOUT.name());
    this.runsLeft = runsLimit;
    this.best = start;
    this.recording = first;
  }

  Shrunk shrink() {
    int before = recording.faults().size();
    if (before > 0 && !tries(best.withoutFaults())) {
      dropKinds();
      dropLast();
      dropAny();
    }
    shorten();
    return new Shrunk(best, recording.faults(), before, Duration.ofNanos(recording.nanos()), runs);
  }

  /** Runs it; it is the best from now on if it fails as the first one did. */
  private boolean tries(Simulation candidate) {
    if (runsLeft == 0 || isLate()) {
      return false;
    }
    runsLeft--;
    runs++;
    Simulation bounded = candidate;
    if (!isTimeout) {
      long longest = 2 * recording.nanos() + PATIENCE_NANOS;
      bounded =
          candidate.vary(
              candidate.variation().longest(Math.min(longest, best.variation().longestNanos())));
    }
    Recording tried = Recording.of(bounded.stopWhen(this::isLate), attempt);
    if (!tried.failsLike(shape)) {
      return false;
    }
    best = bounded;
    recording = tried;
    return true;
  }

  private boolean isLate() {
    return System.nanoTime() - deadline >= 0;
  }

  private Set<Fault> kinds() {
    Set<Fault> struck = EnumSet.noneOf(Fault.class);
    recording.faults().forEach(fault -> struck.add(fault.kind()));
    return struck;
  }

  private void dropKinds() {
    for (Fault kind : kinds()) {
      Set<Fault> left = EnumSet.copyOf(kinds());
      if (left.remove(kind) && !left.isEmpty()) {
        tries(best.vary(best.variation().kinds(left)));
      }
    }
  }

  private long[] numbers() {
    return recording.faults().stream().mapToLong(InjectedFault::number).toArray();
  }

  private void dropLast() {
    int fails = numbers().length;
    int enough = 0;
    long[] all = numbers();
    while (enough + 1 < fails) {
      int middle = (enough + fails) >>> 1;
      if (tries(only(all, 0, middle))) {
        fails = Math.min(middle, numbers().length);
      } else {
        enough = middle;
      }
    }
  }

  private Simulation only(long[] numbers, int from, int to) {
    long[] kept = new long[to - from];
    System.arraycopy(numbers, from, kept, 0, kept.length);
    return best.only(kept);
  }

  private void dropAny() {
    int parts = 2;
    while (recording.faults().size() > 1 && recording.faults().size() <= NUMBERS_LIMIT) {
      long[] all = numbers();
      parts = Math.min(parts, all.length);
      if (dropPart(all, parts)) {
        parts = Math.max(2, parts - 1);
      } else if (parts == all.length || runsLeft == 0 || isLate()) {
        break;
      } else {
        parts *= 2;
      }
    }
    keepWhatStruck();
  }

  /** One part alone, or all but one: those that strike last are left out first. */
  private boolean dropPart(long[] all, int parts) {
    for (int part = parts - 1; part >= 0; part--) {
      int from = (int) ((long) all.length * part / parts);
      int to = (int) ((long) all.length * (part + 1) / parts);
      if (tries(best.only(without(all, from, to)))
          || (parts > 2 && to - from < all.length && tries(only(all, from, to)))) {
        return true;
      }
    }
    return false;
  }

  private static long[] without(long[] all, int from, int to) {
    List<Long> kept = new ArrayList<>();
    for (int i = 0; i < all.length; i++) {
      if (i < from || i >= to) {
        kept.add(all[i]);
      }
    }
    return kept.stream().mapToLong(Long::longValue).toArray();
  }

  /** The numbers that did not even strike are not worth being said. */
  private void keepWhatStruck() {
    Set<Long> said = best.variation().numbers();
    if (said != null && said.size() > recording.faults().size()) {
      tries(best.only(numbers()));
    }
  }

  /** It can't fail later than it did. */
  private void shorten() {
    if (!isTimeout) {
      best = best.vary(best.variation().longest(recording.nanos()));
    }
  }
}
