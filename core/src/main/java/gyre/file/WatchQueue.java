package gyre.file;

import gyre.file.WatchEvent.Created;
import gyre.file.WatchEvent.Deleted;
import gyre.file.WatchEvent.Moved;
import gyre.file.WatchEvent.Written;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The events that wait for the user, of bounded number; and before them those that are gathered
 * until their time is over, one for each path.
 */
final class WatchQueue {
  private final int limit;
  private final boolean gathers;
  private final ArrayDeque<WatchEvent> events = new ArrayDeque<>();
  private final Map<Path, WatchEvent> gathered = new LinkedHashMap<>();

  WatchQueue(int limit, boolean gathers) {
    this.limit = limit;
    this.gathers = gathers;
  }

  /** False if there is no room. */
  boolean offer(WatchEvent event) {
    if (isRepetition(event)) {
      return true;
    }
    if (events.size() + gathered.size() >= limit) {
      return false;
    }
    if (!gathers) {
      events.add(event);
    } else if (event instanceof Moved) {
      flush();
      events.add(event);
    } else {
      gather(event);
    }
    return true;
  }

  /** A file that is written again before anybody has looked. */
  private boolean isRepetition(WatchEvent event) {
    return event instanceof Written && gathered.isEmpty() && event.equals(events.peekLast());
  }

  private void gather(WatchEvent event) {
    WatchEvent before = gathered.get(event.path());
    if (before == null) {
      gathered.put(event.path(), event);
      return;
    }
    switch (before) {
      case Created _ when event instanceof Written -> {}
      case Created _ when event instanceof Deleted -> gathered.remove(event.path());
      case Written _ when event instanceof Written -> {}
      case Written _ when event instanceof Deleted -> gathered.replace(event.path(), event);
      default -> {
        flush();
        gathered.put(event.path(), event);
      }
    }
  }

  /** For this one there is always room: it is of a kind of which there are few. */
  void add(WatchEvent event) {
    flush();
    events.add(event);
  }

  /** The time for gathering is over. */
  void flush() {
    events.addAll(gathered.values());
    gathered.clear();
  }

  boolean isGathering() {
    return !gathered.isEmpty();
  }

  boolean isEmpty() {
    return events.isEmpty();
  }

  @Nullable WatchEvent poll() {
    return events.poll();
  }

  void clear() {
    events.clear();
    gathered.clear();
  }
}
