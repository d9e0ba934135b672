package gyre.lab.report;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import gyre.lab.OutputFiles;
import gyre.lab.WrongInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How far two runs of a race say the same. Rates differ between runs, as machines change their
 * speed; ratios should not. A race tells of each ratio how well it is known, which is of account
 * here: those that it does not know well need not be the same in another one.
 */
public final class Agreement {
  private static final int PERCENT = 100;
  private static final String MEASURED = "measured";

  /** What ratios depend on, besides peers and workloads. */
  private static final List<String> CONDITIONS =
      List.of("processor", "cores", "kernel", "java", "descriptors", "commit", "awake");

  /**
   * A ratio to the limit or, where the limit was not raced, to the best.
   *
   * @param uncertainty a share of it; infinite in files of earlier revisions, which do not say it
   */
  private record Ratio(double median, double uncertainty) {
    static Ratio of(JsonObject json) {
      double uncertainty = json.getDouble("relativeUncertainty", Double.POSITIVE_INFINITY);
      return new Ratio(json.getDouble("median"), uncertainty);
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%.2f", median);
    }
  }

  /** The same ratio in both runs. */
  private record Pair(String workload, String peer, Ratio one, Ratio other) {
    /** Of the greater to the lesser one, so that the order of the runs is of no account. */
    double differencePercent() {
      double greater = Math.max(one.median, other.median);
      double lesser = Math.min(one.median, other.median);
      return greater == lesser ? 0 : (greater / lesser - 1) * PERCENT;
    }

    double uncertaintyPercent() {
      return Math.max(one.uncertainty, other.uncertainty) * PERCENT;
    }
  }

  private final List<Pair> pairs;
  private final List<String> differences;
  private final double withinPercent;

  private Agreement(List<Pair> pairs, List<String> differences, double withinPercent) {
    this.pairs = pairs;
    this.differences = differences;
    this.withinPercent = withinPercent;
  }

  /** Of two files that a race has written with {@code --json}. */
  public static Agreement of(Path one, Path other, List<String> peers, double withinPercent) {
    JsonObject oneRace = read(one);
    JsonObject otherRace = read(other);
    Map<List<String>, Ratio> first = ratios(one, oneRace);
    Map<List<String>, Ratio> second = ratios(other, otherRace);
    List<Pair> pairs = new ArrayList<>();
    first.forEach((key, ratio) -> {
      if (second.containsKey(key) && (peers.isEmpty() || peers.contains(key.getLast()))) {
        pairs.add(new Pair(key.getFirst(), key.getLast(), ratio, second.get(key)));
      }
    });
    if (pairs.isEmpty()) {
      throw new WrongInputException(
          "%s and %s have no ratio of the same workload and peer".formatted(one, other));
    }
    return new Agreement(pairs, differences(oneRace, otherRace), withinPercent);
  }

  private static JsonObject read(Path file) {
    try {
      return JsonParser.object().from(Files.readString(file));
    } catch (IOException e) {
      throw new WrongInputException("cannot read " + file + ": " + OutputFiles.reason(e), e);
    } catch (JsonParserException e) {
      throw notOfARace(file, e);
    }
  }

  private static WrongInputException notOfARace(Path file, Exception e) {
    return new WrongInputException(file + " is not what a race writes with --json", e);
  }

  /** In what two races were not the same, so that their ratios need not be either. */
  private static List<String> differences(JsonObject one, JsonObject other) {
    List<String> differences = new ArrayList<>();
    for (String name : CONDITIONS) {
      Object here = condition(one, name);
      Object there = condition(other, name);
      if (!Objects.equals(here, there)) {
        differences.add("They differ in %s: %s and %s.".formatted(name, here, there));
      }
    }
    return differences;
  }

  /** Some are of the machine, and some stand for themselves. */
  private static @Nullable Object condition(JsonObject race, String name) {
    JsonObject machine = race.getObject("machine", new JsonObject());
    return machine.has(name) ? machine.get(name) : race.get(name);
  }

  private static Map<List<String>, Ratio> ratios(Path file, JsonObject json) {
    try {
      Map<List<String>, Ratio> ratios = new LinkedHashMap<>();
      for (Object each : json.getArray("results")) {
        JsonObject entry = (JsonObject) each;
        JsonObject ratio = entry.getObject("ratioToLimit", entry.getObject("ratioToBest"));
        boolean isMeasured = entry.getString("status", MEASURED).equals(MEASURED);
        if (isMeasured && ratio != null && ratio.isNumber("median") && !isToItself(ratio)) {
          String label = (entry.getString("workload") + " " + entry.getString("variant")).strip();
          ratios.put(List.of(label, entry.getString("peer")), Ratio.of(ratio));
        }
      }
      return ratios;
    } catch (ClassCastException | NullPointerException e) {
      throw notOfARace(file, e);
    }
  }

  /** What all are compared with agrees with itself in any race, which says nothing. */
  private static boolean isToItself(JsonObject ratio) {
    return ratio.getDouble("least", 0) == 1 && ratio.getDouble("greatest", 0) == 1;
  }

  /** How many ratios of the two runs are at most so far from each other. */
  public long agreeing() {
    return pairs.stream().filter(this::isAgreeing).count();
  }

  private boolean isAgreeing(Pair pair) {
    return pair.differencePercent() <= withinPercent;
  }

  private boolean isKnown(Pair pair) {
    return pair.uncertaintyPercent() <= withinPercent;
  }

  /** What marks a pair: further apart than it may be, or so little known that it may be. */
  private String mark(Pair pair) {
    if (isAgreeing(pair)) {
      return "";
    }
    return isKnown(pair) ? " !" : " ~";
  }

  public int compared() {
    return pairs.size();
  }

  /** For the terminal. */
  @Override
  public String toString() {
    Grid grid = new Grid(List.of("workload", "peer", "first", "second", "differ by"));
    pairs.forEach(pair ->
        grid.add(
            List.of(
                pair.workload(),
                pair.peer(),
                pair.one().toString(),
                pair.other().toString(),
                "%s%-2s".formatted(percent(pair.differencePercent()), mark(pair)))));
    return grid + "\n" + summary() + "\n";
  }

  /** For documents: a workload in each line, a peer in each column, both ratios in each cell. */
  public String markdown() {
    List<String> peers = pairs.stream().map(Pair::peer).distinct().toList();
    Map<String, Map<String, String>> lines = new LinkedHashMap<>();
    for (Pair pair : pairs) {
      lines
          .computeIfAbsent(pair.workload(), _ -> new LinkedHashMap<>())
          .put(pair.peer(), pair.one() + " · " + pair.other() + mark(pair));
    }
    StringBuilder text = new StringBuilder("| workload | " + String.join(" | ", peers) + " |\n");
    text.append("|---|").append("---:|".repeat(peers.size())).append('\n');
    lines.forEach((workload, cells) -> {
      text.append("| ").append(workload);
      peers.forEach(peer -> text.append(" | ").append(cells.getOrDefault(peer, Format.UNKNOWN)));
      text.append(" |\n");
    });
    return text + "\n" + summary() + "\n";
  }

  private String summary() {
    List<Double> apart = pairs.stream().map(Pair::differencePercent).sorted().toList();
    List<Pair> known = pairs.stream().filter(this::isKnown).toList();
    String all =
        "%d of %d ratios agree within %s; the median difference is %s."
            .formatted(
                agreeing(),
                compared(),
                percent(withinPercent),
                percent(apart.get(apart.size() / 2)));
    String ofKnown =
        "Of the %d that both runs know that well, %d do (! marks those that do not, ~ those that are not known that well)."
            .formatted(known.size(), known.stream().filter(this::isAgreeing).count());
    String conditions = String.join("\n", differences);
    return all + "\n" + ofKnown + (conditions.isEmpty() ? "" : "\n" + conditions);
  }

  private static String percent(double percent) {
    return String.format(Locale.ROOT, "%.1f %%", percent);
  }
}
