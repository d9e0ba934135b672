package gyre.lab.result;

import gyre.lab.workload.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that one race found.
 *
 * @param complete false where it was ended early
 */
public record Results(
    Machine machine,
    String command,
    Instant startedAt,
    Map<String, String> versions,
    Map<String, String> absent,
    List<Entry> entries,
    boolean complete) {

  /** The peer that does the least a program can do: what others are measured against. */
  public static final String LIMIT = "c-uring";

  private static final String OURS = "gyre";

  public Results {
    versions = Map.copyOf(versions);
    absent = Map.copyOf(absent);
    entries = List.copyOf(entries);
  }

  /** Peers side by side, in the order of the race: one group for each variant of each workload. */
  public List<Group> groups() {
    Map<String, List<Entry>> byLabel = new LinkedHashMap<>();
    for (Entry entry : entries) {
      byLabel.computeIfAbsent(entry.label(), _ -> new ArrayList<>()).add(entry);
    }
    return byLabel.values().stream().map(Group::new).toList();
  }

  /**
   * Share of all measurements during which somebody else slowed the machine down, in spite of
   * waiting and repeating; NaN without any, and where nobody watched.
   */
  public double disturbedShare() {
    if (!machine.isWatched()) {
      return Double.NaN;
    }
    return entries.stream()
        .filter(entry -> entry.workload().kind().driver() != Kind.Driver.HOLDER) // minds nobody
        .filter(entry -> entry.variant().equals(entry.workload().variants().getFirst()))
        .flatMap(entry -> entry.samples().stream())
        .mapToInt(sample -> sample.isDisturbed() ? 1 : 0)
        .average()
        .orElse(Double.NaN);
  }

  /** The entries of one variant of one workload. */
  public record Group(List<Entry> entries) {
    public Entry first() {
      return entries.getFirst();
    }

    public Optional<Entry> peer(String name) {
      return entries.stream().filter(e -> e.peer().equals(name) && e.isMeasured()).findFirst();
    }

    public Optional<Entry> limit() {
      return peer(LIMIT);
    }

    /**
     * The cheapest of those that are neither the limit nor ours; by their ratios where there are
     * such: they were measured in different rounds, and machines change their speed.
     */
    public Optional<Entry> best() {
      return entries.stream()
          .filter(e -> e.isMeasured() && e.cost().isKnown())
          .filter(e -> !e.peer().equals(LIMIT) && !e.peer().startsWith(OURS))
          .min(Comparator.comparingDouble(this::rank));
    }

    private double rank(Entry entry) {
      Spread ratio = toLimit(entry);
      return (ratio.isKnown() ? ratio : entry.cost()).median();
    }

    public Spread toLimit(Entry entry) {
      return limit().map(limit -> Ratios.cost(entry, limit)).orElse(Spread.NONE);
    }

    public Spread toBest(Entry entry) {
      return best().map(best -> Ratios.cost(entry, best)).orElse(Spread.NONE);
    }
  }
}
