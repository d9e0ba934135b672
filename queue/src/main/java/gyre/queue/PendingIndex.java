package gyre.queue;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What waits, as far as the thread that executes knows of it: what can be done now, what is looked
 * at again in a moment, and what is due at some time. The directories are the truth; this is what
 * they had when they were looked at last. Used by one thread.
 */
final class PendingIndex {
  /** Where all that fits into memory waits for limits, others are looked for after a pause. */
  private static final long SCAN_AGAIN_MILLIS = 1000;

  /** That doubles while none is found that may begin. */
  private static final long SCAN_AGAIN_LONGEST_MILLIS = 30_000;

  /** Looking at what is delayed may take at most this part of the time. */
  private static final long DELAYED_SHARE = 20;

  private static final long TWIN_SOONEST_MILLIS = 100;
  private static final long TWIN_LATEST_MILLIS = 5000;

  private final Spool spool;
  private final WorkerStats stats;
  private final WorkerLog log;
  private final InstantSource clock;
  private final Predicate<EntryName> isParked;
  private final Backlog backlog;
  private final Later later = new Later();
  private final DelayedEntries delayed;

  /** Of {@link #steadyMillis}; what a scan by need is not made before. */
  private long nextScanMillis = steadyMillis();

  private long nextDelayedScanMillis = steadyMillis();
  private final long firstPauseMillis;
  private long scanPauseMillis;

  /** Of each priority the last that was polled. */
  private final @Nullable EntryName[] polled = new EntryName[EntryName.LAST_PRIORITY + 1];

  /** Of each priority: up to here nothing may begin now, and a scan by need begins behind it. */
  private final @Nullable EntryName[] blockedTo = new EntryName[EntryName.LAST_PRIORITY + 1];

  /**
   * @param isParked whether an entry is known, and waits for the limits of its kind
   * @param limitPerLevel how many of a priority are known at a time
   * @param scanPauseMillis the first pause where nothing of those may begin
   */
  PendingIndex(
      Spool spool,
      WorkerStats stats,
      WorkerLog log,
      InstantSource clock,
      Predicate<EntryName> isParked,
      int limitPerLevel,
      long scanPauseMillis) {
    this.spool = spool;
    this.stats = stats;
    this.log = log;
    this.clock = clock;
    this.isParked = isParked;
    this.delayed = new DelayedEntries(spool);
    this.backlog = new Backlog(limitPerLevel);
    this.firstPauseMillis = scanPauseMillis;
    this.scanPauseMillis = scanPauseMillis;
  }

  static PendingIndex of(
      Spool spool,
      WorkerStats stats,
      WorkerLog log,
      InstantSource clock,
      Predicate<EntryName> isParked,
      int limitPerLevel) {
    return new PendingIndex(spool, stats, log, clock, isParked, limitPerLevel, SCAN_AGAIN_MILLIS);
  }

  /** For pauses: a clock that nobody sets. What is due by date goes by the other one. */
  static long steadyMillis() {
    return System.nanoTime() / 1_000_000;
  }

  // ---- what can be done now

  /** Something is there, says whoever has seen it. */
  void offer(EntryName name) {
    if (!later.contains(name) && !isParked.test(name)) {
      backlog.offer(name);
    }
  }

  /** It was taken, and is there again. */
  void again(EntryName name) {
    backlog.offer(name);
  }

  void later(EntryName name, long pauseMillis) {
    later.add(name, steadyMillis() + pauseMillis);
  }

  /**
   * It waits for another one to end, and nobody tells of that. The more there are that wait so, the
   * longer is the pause: so looking at them takes a bounded part of the time.
   */
  void twin(EntryName name) {
    later(name, Math.clamp(later.size(), TWIN_SOONEST_MILLIS, TWIN_LATEST_MILLIS));
  }

  @Nullable EntryName poll() {
    EntryName name = backlog.poll();
    if (name != null) {
      polled[name.priority()] = name;
    }
    return name;
  }

  boolean isEmpty() {
    return backlog.isEmpty();
  }

  /** Nothing is known, and nothing was left out. */
  boolean isExhausted() {
    return backlog.isEmpty() && !backlog.mayHaveMore();
  }

  /** Nothing is looked at again in a moment. */
  boolean hasNothingLater() {
    return later.isEmpty();
  }

  /** How many wait now; -1 if that is not known. */
  long size() {
    return backlog.mayHaveMore() ? -1 : backlog.size();
  }

  // ---- looking

  /** All of it, from the first. */
  void scan() {
    Arrays.fill(blockedTo, null);
    look();
  }

  private void look() {
    backlog.clear();
    try {
      stats.waiting = PendingScan.scan(spool, this::offerUnlessBlocked);
    } catch (NoSuchFileException e) {
      remake();
    } catch (IOException e) {
      log.failure(QueueException.of("look into", spool.pending, e).getMessage() + "");
    }
  }

  private void offerUnlessBlocked(EntryName name) {
    EntryName last = blockedTo[name.priority()];
    if (last == null || EntryName.ORDER.compare(name, last) > 0) {
      offer(name);
    }
  }

  /** Where all that was known of some priority is done, and there is more of it. */
  void scanIfNeeded() {
    long now = steadyMillis();
    if (backlog.needsScan() && now - nextScanMillis >= 0) {
      look();
      nextScanMillis = now;
    }
  }

  /**
   * What a scan has found can't be begun now, and another one would find the same: so the next one
   * looks at what is behind that, and after the last at the first again.
   */
  void nothingBegan() {
    if (backlog.needsScan()) {
      for (int i = 0; i < blockedTo.length; i++) {
        blockedTo[i] = backlog.isEmptyWithMore(i) ? polled[i] : null;
      }
      nextScanMillis = steadyMillis() + scanPauseMillis;
      scanPauseMillis = Math.min(SCAN_AGAIN_LONGEST_MILLIS, scanPauseMillis * 2);
    } else if (isBlockedSomewhere() && backlog.isEmpty()) {
      Arrays.fill(blockedTo, null); // the last were looked at: a tick begins anew
    }
  }

  void somethingBegan() {
    scanPauseMillis = firstPauseMillis;
  }

  private boolean isBlockedSomewhere() {
    return Arrays.stream(blockedTo).anyMatch(Objects::nonNull);
  }

  /** Makes directories that are missing. */
  void remake() {
    try {
      spool.create();
      log.warn("directories of the queue were missing, and were made again");
    } catch (IOException e) {
      log.failure(QueueException.of("make", spool.base, e).getMessage() + "");
    }
  }

  // ---- by time

  /** Offers what was put aside for a moment that is over, and what is due. */
  void takeDue() {
    long now = steadyMillis();
    for (EntryName name = later.poll(now); name != null; name = later.poll(now)) {
      backlog.offer(name);
    }
    moveDue(clock.millis());
  }

  /** Something was put aside, says whoever has seen it. */
  void offerDelayed(Path file) {
    delayed.offer(file);
  }

  /**
   * All of them, as often as may be afforded: of a million it takes a second, and each attempt that
   * fails puts one there.
   */
  void scanDelayed() {
    long begin = steadyMillis();
    if (begin - nextDelayedScanMillis < 0) {
      return; // a tick comes
    }
    lookAtDelayed();
    long now = steadyMillis();
    nextDelayedScanMillis = now + (now - begin) * DELAYED_SHARE;
  }

  private void lookAtDelayed() {
    try {
      delayed.scan();
    } catch (NoSuchFileException e) {
      remake();
    } catch (IOException | DirectoryIteratorException e) {
      log.failure(QueueException.of("look into", spool.delayed, e).getMessage() + "");
    }
  }

  private void moveDue(long now) {
    for (Delayed first = delayed.pollDue(now); first != null; first = delayed.pollDue(now)) {
      try {
        Path target = Spool.moveBeside(first.path(), spool.pending, first.name());
        EntryName due = EntryName.of(target);
        stats.latency.becameDue(due.text(), first.dueMillis());
        offer(due);
      } catch (NoSuchFileException e) {
        // another worker was quicker
      } catch (IOException e) {
        log.failure(QueueException.of("move", first.path(), e).getMessage() + "");
      }
    }
    if (delayed.needsScan()) {
      lookAtDelayed();
    }
  }

  /** When there is something to look at, of {@link #steadyMillis}. */
  long nextMillis() {
    long until = later.nextMillis();
    if (delayed.nextMillis() != Long.MAX_VALUE) {
      until = Math.min(until, steadyMillis() + delayed.nextMillis() - clock.millis());
    }
    return backlog.needsScan() ? Math.min(until, nextScanMillis) : until;
  }
}
