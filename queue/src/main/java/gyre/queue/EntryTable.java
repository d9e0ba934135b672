package gyre.queue;

import gyre.queue.DashboardSource.Found;
import gyre.queue.DashboardSource.Query;
import gyre.queue.Inspection.Item;
import gyre.queue.Inspection.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Searches the files of a queue for its dashboard. Whatever is asked of a queue of a million, the
 * answer is short, and looking for it ends: {@code looked} says how far it came.
 */
final class EntryTable {
  private static final int LOOK_LIMIT = 50_000;
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Inspection inspection;
  private final LongSupplier nanoTime;

  EntryTable(Inspection inspection, LongSupplier nanoTime) {
    this.inspection = inspection;
    this.nanoTime = nanoTime;
  }

  /** A file with what it is sorted by. */
  private record Candidate(Path file, EntryName name, long order) {}

  private static final Comparator<Candidate> ORDER =
      Comparator.comparingLong(Candidate::order).thenComparing(Candidate::name, EntryName.ORDER);

  /** What a search has found so far: the first rows only, whatever there is. */
  private final class Search {
    final Query query;
    final PriorityQueue<Candidate> first = new PriorityQueue<>(ORDER.reversed());
    final long untilNanos = nanoTime.getAsLong() + LOOK_NANOS;
    int looked;
    boolean isCut;

    Search(Query query) {
      this.query = query;
    }

    boolean visit(Path file) {
      if (looked == LOOK_LIMIT || nanoTime.getAsLong() - untilNanos > 0) {
        isCut = true;
        return false;
      }
      looked++;
      EntryName name =
          EntryName.of(
              file.resolveSibling(Inspection.plainName(query.place(), file)),
              directoryPriority(file));
      boolean fits = query.priority() == 0 || query.priority() == name.priority();
      if (fits && matches(file)) {
        first.add(new Candidate(file, name, order(query.place(), file, name)));
        if (first.size() > query.limit()) {
          first.poll();
          isCut = true;
        }
      }
      return true;
    }

    private boolean matches(Path file) {
      if (query.text().isEmpty() && query.operation().isEmpty()) {
        return true;
      }
      Item item = inspection.item(query.place(), file);
      boolean isOperation =
          query.operation().isEmpty()
              || DashboardRequests.operation(item.content()).equals(query.operation());
      return isOperation
          && (query.text().isEmpty()
              || contains(item.name())
              || contains(item.id())
              || contains(item.content())
              || contains(item.error()));
    }

    private boolean contains(String text) {
      return text.toLowerCase(Locale.ROOT).contains(query.text());
    }
  }

  /** As a worker would take them; what has ended newest first. */
  private static long order(Place place, Path file, EntryName name) {
    return switch (place) {
      case PENDING -> name.priority();
      case DELAYED -> Delayed.of(file).dueMillis();
      case PROCESSING -> 0;
      case FAILED, COMPLETED -> -modifiedMillis(file);
    };
  }

  private static int directoryPriority(Path file) {
    Path parent = file.getParent();
    return parent == null ? 0 : PendingScan.directoryPriority(String.valueOf(parent.getFileName()));
  }

  private static long modifiedMillis(Path file) {
    try {
      return Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toMillis();
    } catch (IOException e) {
      return 0; // it was moved meanwhile
    }
  }

  Found search(Query query) {
    Search search = new Search(query);
    inspection.each(query.place(), search::visit);
    List<Candidate> first = new ArrayList<>(search.first);
    first.sort(ORDER);
    return new Found(
        first.stream().map(each -> row(query.place(), each)).toList(), search.looked, search.isCut);
  }

  private DashboardSource.Row row(Place place, Candidate found) {
    Item item = inspection.item(place, found.file);
    return new DashboardSource.Row(
        found.order,
        fileName(found.file),
        item.id(),
        found.name.priority(),
        item.content(),
        item.error(),
        modifiedMillis(found.file),
        place == Place.DELAYED ? Delayed.of(found.file).dueMillis() : 0);
  }

  /** With the directory of a priority, if it is in one. */
  private static String fileName(Path file) {
    int priority = directoryPriority(file);
    String name = String.valueOf(file.getFileName());
    return priority == 0 ? name : priority + "/" + name;
  }
}
