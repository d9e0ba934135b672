package gyre.queue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is in {@code delayed/}, the first to become due first. Bounded: of more the directory is
 * looked at again when those are done. Used by one thread.
 */
final class DelayedEntries {
  private static final int LIMIT = 65_536;

  private final Spool spool;
  private final int limit;
  private final TreeSet<Delayed> known =
      new TreeSet<>(
          Comparator.comparingLong(Delayed::dueMillis)
              .thenComparing(each -> each.path().toString()));
  private boolean mayHaveMore;

  DelayedEntries(Spool spool) {
    this(spool, LIMIT);
  }

  DelayedEntries(Spool spool, int limit) {
    this.spool = spool;
    this.limit = limit;
  }

  void scan() throws IOException {
    known.clear();
    mayHaveMore = false;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(spool.delayed)) {
      for (Path file : files) {
        add(file);
      }
    }
  }

  /**
   * One that has come. What is behind those that are known is left out while others are, too: it is
   * not the next of them.
   */
  void offer(Path file) {
    if (!mayHaveMore || (!known.isEmpty() && isBefore(Delayed.of(file), known.last()))) {
      add(file);
    }
  }

  private void add(Path file) {
    if (!EntryName.isIgnored(String.valueOf(file.getFileName()))) {
      known.add(Delayed.of(file));
      if (known.size() > limit) {
        known.pollLast();
        mayHaveMore = true;
      }
    }
  }

  private static boolean isBefore(Delayed one, Delayed other) {
    return one.dueMillis() < other.dueMillis();
  }

  /** Null if none is due. */
  @Nullable Delayed pollDue(long nowMillis) {
    boolean isDue = !known.isEmpty() && known.first().dueMillis() <= nowMillis;
    return isDue ? known.pollFirst() : null;
  }

  boolean needsScan() {
    return known.isEmpty() && mayHaveMore;
  }

  /** When the first is due, by the clock; {@link Long#MAX_VALUE} if there is none. */
  long nextMillis() {
    return known.isEmpty() ? Long.MAX_VALUE : known.first().dueMillis();
  }
}
