package gyre.http.sse;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The newest events, encoded once, for everybody: who comes back reads on from what he has seen
 * last, who is slow from where he is. From any thread.
 */
final class EventRing {
  /** An event as it is sent, and its place: the first one has 1. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Kept(long place, @Nullable String id, byte[] bytes) {}

  /**
   * What comes next for somebody.
   *
   * @param missed how many before these are not kept any more
   */
  record Batch(long missed, List<Kept> events) {}

  private final int mostEvents;
  private final int mostBytes;
  private final ArrayDeque<Kept> kept = new ArrayDeque<>();
  private long bytes;
  private long newest;

  EventRing(int mostEvents, int mostBytes) {
    this.mostEvents = mostEvents;
    this.mostBytes = mostBytes;
  }

  synchronized void add(@Nullable String id, byte[] encoded) {
    kept.addLast(new Kept(++newest, id, encoded));
    bytes += encoded.length;
    while (kept.size() > 1 && (kept.size() > mostEvents || bytes > mostBytes)) {
      bytes -= kept.removeFirst().bytes().length;
    }
  }

  /** The place of the newest event. */
  synchronized long newest() {
    return newest;
  }

  /**
   * The place of the newest event with this id, behind which to go on.
   *
   * @return -1 if it is not kept any more, or never was
   */
  synchronized long placeOf(String id) {
    for (Iterator<Kept> each = kept.descendingIterator(); each.hasNext(); ) {
      Kept next = each.next();
      if (id.equals(next.id())) {
        return next.place();
      }
    }
    return -1;
  }

  /** The place of the oldest event that is kept; one more than the newest if there is none. */
  synchronized long oldest() {
    Kept first = kept.peekFirst();
    return first == null ? newest + 1 : first.place();
  }

  /** The newest event; null if there was none. */
  synchronized @Nullable Kept latest() {
    return kept.peekLast();
  }

  /** Events behind a place, the oldest of them first, up to so many bytes but at least one. */
  synchronized Batch after(long place, int limitBytes) {
    List<Kept> found = new ArrayList<>();
    int total = 0;
    if (place >= newest) {
      return new Batch(0, found);
    }
    for (Kept each : kept) {
      if (each.place() > place) {
        total += each.bytes().length;
        if (!found.isEmpty() && total > limitBytes) {
          break;
        }
        found.add(each);
      }
    }
    return new Batch(Math.max(0, oldest() - 1 - place), found);
  }
}
