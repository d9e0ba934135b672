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

    Place(InetAddress client) {
      this.client = client;
    }
  }

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
    return place.target;
  }

  synchronized void put(InetAddress client, String target, long untilNanos, int limit) {
    ClientKey key = ClientKey.of(client);
    Place place = places.get(key);
    if (place == null) {
      place = new Place(client);
      places.put(key, place);
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
    for (Place each : places.values()) {
      long left = each.untilNanos - nowNanos;
      if (left > 0) {
        all.add(new Entry(each.client, each.target, left));
      }
    }
    return all;
  }
}
