package gyre.balancer;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    String target = "";
    long untilNanos;
  }

  private final LinkedHashMap<InetAddress, Place> places = new LinkedHashMap<>(64, 0.75f, true);

  synchronized @Nullable String find(InetAddress client, long nowNanos) {
    Place place = places.get(client);
    if (place == null) {
      return null;
    }
    if (nowNanos - place.untilNanos >= 0) {
      places.remove(client);
      return null;
    }
    return place.target;
  }

  synchronized void put(InetAddress client, String target, long untilNanos, int limit) {
    Place place = places.get(client);
    if (place == null) {
      place = new Place();
      places.put(client, place);
    }
    place.target = target;
    place.untilNanos = untilNanos;
    while (places.size() > limit) {
      places.remove(places.keySet().iterator().next());
    }
  }

  synchronized void clear() {
    places.clear();
  }

  synchronized int size() {
    return places.size();
  }

  /** All that are not forgotten, for another balancer. */
  synchronized List<Entry> entries(long nowNanos) {
    List<Entry> all = new ArrayList<>();
    for (Map.Entry<InetAddress, Place> each : places.entrySet()) {
      long left = each.getValue().untilNanos - nowNanos;
      if (left > 0) {
        all.add(new Entry(each.getKey(), each.getValue().target, left));
      }
    }
    return all;
  }
}
