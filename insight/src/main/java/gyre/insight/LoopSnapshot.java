package gyre.insight;

import gyre.probe.Counter;
import gyre.probe.Distribution;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What a loop told of itself at one time.
 *
 * @param loop its number in its process, which no other loop has
 * @param kernelThread 0 where it is not known
 * @param takenNanos when it was read, by the monotonic clock of the machine
 * @param sinceNanos since when the loop does what it is doing, by the same clock
 * @param isConsistent whether no turn was writing while it was read
 * @param openHandles how many are open
 * @param liveFibers how many have begun and not ended
 */
@SuppressWarnings("exports") // what can be asked for is for who reads the file
public record LoopSnapshot(
    long loop,
    String name,
    String engine,
    String fiberMode,
    String engineExplanation,
    long kernelThread,
    Phase phase,
    long takenNanos,
    long sinceNanos,
    long itemSinceNanos,
    boolean isConsistent,
    long openHandles,
    long liveFibers,
    Map<Counter, Long> counters,
    Map<Distribution, Spread> spreads,
    List<KindSnapshot> kinds) {
  /** What a loop is doing. */
  public enum Phase {
    /** Between two turns, in the hands of who turns it. */
    OUTSIDE,
    RUNNING,
    WAITING
  }

  public LoopSnapshot {
    counters = Map.copyOf(counters);
    spreads = Map.copyOf(spreads);
    kinds = List.copyOf(kinds);
  }

  public long get(Counter counter) {
    return counters.getOrDefault(counter, 0L);
  }

  public Spread spread(Distribution distribution) {
    return spreads.getOrDefault(distribution, Spread.EMPTY);
  }

  /** Of callbacks of all kinds. */
  public Spread callbacks() {
    return kinds.stream().map(KindSnapshot::callbacks).reduce(Spread.EMPTY, Spread::plus);
  }

  /** How long the turn has lasted that goes on; 0 where none does. */
  public long turnNanos() {
    return phase == Phase.RUNNING ? Math.max(0, takenNanos - sinceNanos) : 0;
  }

  /** What has happened since an earlier one of the same loop; levels are those of now. */
  public LoopSnapshot since(LoopSnapshot earlier) {
    Map<Counter, Long> changes = new EnumMap<>(Counter.class);
    counters.forEach((counter, value) ->
        changes.put(
            counter,
            counter.sort() == Counter.Sort.SUM
                ? Math.max(0, value - earlier.get(counter))
                : value));
    Map<Distribution, Spread> spreadChanges = new EnumMap<>(Distribution.class);
    spreads.forEach((distribution, spread) ->
        spreadChanges.put(distribution, spread.since(earlier.spread(distribution))));
    List<KindSnapshot> kindChanges =
        kinds.stream()
            .map(kind ->
                earlier.kinds.stream()
                    .filter(old -> old.name().equals(kind.name()))
                    .findFirst()
                    .map(kind::since)
                    .orElse(kind))
            .toList();
    return new LoopSnapshot(
        loop,
        name,
        engine,
        fiberMode,
        engineExplanation,
        kernelThread,
        phase,
        takenNanos,
        sinceNanos,
        itemSinceNanos,
        isConsistent && earlier.isConsistent,
        openHandles,
        liveFibers,
        changes,
        spreadChanges,
        kindChanges);
  }
}
