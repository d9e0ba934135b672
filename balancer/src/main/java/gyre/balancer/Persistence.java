package gyre.balancer;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which client had which target. Bounded: the client that was longest away is forgotten first. From
 * any loop; the lock is held for some steps only.
 */
final class Persistence {
  /**
   * @param leftNanos time until it is forgotten
   */
  record Entry(InetAddress client, String target, long leftNanos) {}

  private static final class Place {
    final InetAddress client;
    String target = "";
    long untilNanos;

    /** When it was last looked up or changed; in the order of the map. */
    long touched;

    boolean isOfAnother;

    Place(InetAddress client) {
      this.client = client;
    }
  }

  private long touches;
  private final LinkedHashMap<ClientKey, Place> places = new LinkedHashMap<>(64, 0.75f, true);

  synchronized @Nullable String find(InetAddress client, long nowNanos) {
    ClientKey key = ClientKey.of(client);
    Place place = places.get(key);
    if (place == null) {
      return null;
    }
    if (nowNanos - place.untilNanos >= 0) {
      places.remove(key);
      return null;
    }
    place.touched = ++touches;
    return place.target;
  }

  /** This balancer has given the client a connection there. */
  void put(InetAddress client, String target, long untilNanos, int limit) {
    put(client, target, untilNanos, limit, false);
  }

  /**
   * @param isOfAnother whether another balancer has told it
   */
  synchronized void put(
      InetAddress client, String target, long untilNanos, int limit, boolean isOfAnother) {
    ClientKey key = ClientKey.of(client);
    Place place = places.get(key);
    if (place == null) {
      place = new Place(client);
      places.put(key, place);
    }
    place.target = target;
    place.untilNanos = untilNanos;
    place.touched = ++touches;
    place.isOfAnother = isOfAnother;
    while (places.size() > limit) {
      places.remove(places.keySet().iterator().next());
    }
  }

  /** To ask {@link #changedSince} with, later. */
  synchronized long touches() {
    return touches;
  }

  /**
   * What this balancer has put in since then; all that there is, of others too, for 0. The longest
   * unchanged comes first.
   */
  synchronized List<Entry> changedSince(long then, long nowNanos) {
    List<Entry> all = new ArrayList<>();
    for (Place each : places.sequencedValues().reversed()) {
      if (each.touched <= then) {
        break;
      }
      long left = each.untilNanos - nowNanos;
      if (left > 0 && (then == 0 || !each.isOfAnother)) {
        all.add(new Entry(each.client, each.target, left));
      }
    }
    return all.reversed();
  }

  synchronized void clear() {
    places.clear();
  }

  synchronized int size() {
    return places.size();
  }
}
