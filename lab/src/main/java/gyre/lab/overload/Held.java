package gyre.lab.overload;

import com.grack.nanojson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a server holds at rest, by name: descriptors, threads, bytes, live objects of each class.
 * Looked at after each of three attacks of the same kind: the first loads classes and fills pools,
 * and a pool may yet grow with the second, but only a leak grows with each.
 */
public record Held(Map<String, Long> counts) {
  static final int ATTACKS = 3;

  /** Live bytes for each peer that an attack may leave: what is no object of Gyre, and small. */
  private static final long SPARE_BYTES_A_PEER = 512;

  private static final long SPARE_BYTES = 64 << 10;

  public Held {
    counts = java.util.Collections.unmodifiableMap(new TreeMap<>(counts));
  }

  static Held of(JsonObject figures) {
    Map<String, Long> counts = new TreeMap<>();
    figures.keySet().forEach(name -> counts.put(name, figures.getLong(name, 0)));
    return new Held(counts);
  }

  boolean isKnown() {
    return counts.getOrDefault("descriptors", 0L) > 0 && counts.getOrDefault("heapBytes", 0L) > 0;
  }

  /**
   * What grew with each attack.
   *
   * @param all after one attack after the other
   * @param peers of an attack
   * @param fewest peers of any kind: who leaks does so with each connection that has met its case
   */
  static List<String> grown(List<Held> all, int peers, int fewest) {
    List<String> grown = new ArrayList<>();
    for (String name : all.getLast().counts.keySet()) {
      List<Long> counts = all.stream().map(held -> held.counts.getOrDefault(name, 0L)).toList();
      long least = Long.MAX_VALUE;
      for (int i = 1; i < counts.size(); i++) {
        least = Math.min(least, counts.get(i) - counts.get(i - 1));
      }
      long spare = name.endsWith("Bytes") ? SPARE_BYTES + SPARE_BYTES_A_PEER * peers : fewest / 2;
      if (least > spare) {
        grown.add(name + " grew from attack to attack: " + counts);
      }
    }
    return grown;
  }
}
