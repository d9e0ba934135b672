package gyre.net;

import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Two lines of log: that memory has become scarce, and what that led to. Each at most once a
 * minute, whatever the peers do: what can't be told yet is told when a minute has passed, together
 * with what came later.
 */
final class MemoryLog {
  static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final System.Logger LOGGER = System.getLogger("gyre");

  /** Whose log it is. */
  interface Memory {
    String loopName();

    MemoryCounters counters();

    @Nullable Holder firstHolder();

    boolean isTight();

    /** {@link #turn} follows. */
    void turnAgain();

    /** {@link #late} follows after that time. */
    void tellLater(long delayNanos);

    default void log(String line) {
      LOGGER.log(Level.WARNING, line);
    }
  }

  private final Memory memory;

  /** Turns until the first line can tell who waits; 0 if it is told or not due. */
  private int turnsLeft;

  private boolean hasTold;
  private long toldNanos;
  private long tightNanos;

  private boolean hasSummed;
  private long summedNanos;

  /** From when on the next summary counts. */
  private long sinceNanos;

  /** A summary was due, and came too early after the one before. */
  private boolean isOwed;

  private long victims;
  private long victimsTold;
  private long victimBytes;

  MemoryLog(Memory memory) {
    this.memory = memory;
  }

  void tightened(long now) {
    tightNanos = now;
    if (!isOwed) {
      sinceNanos = now;
    }
    if (!hasTold || now - toldNanos >= PAUSE_NANOS) {
      hasTold = true;
      toldNanos = now;
      turnsLeft = 3;
    }
  }

  /** While memory is scarce. */
  void turn(long now) {
    if (turnsLeft > 0 && --turnsLeft == 0) {
      tellTight();
    } else if (turnsLeft > 0) {
      memory.turnAgain();
    }
    boolean isLong = victims > victimsTold && now - sinceNanos >= PAUSE_NANOS;
    if (isLong && maySum(now) && memory.counters().waiting() > 0) {
      tellSummary(now, "");
    }
  }

  void shed(long bytes) {
    victims++;
    victimBytes += bytes;
  }

  void relaxed(long now) {
    if (turnsLeft > 0) {
      turnsLeft = 0;
      tellTight();
    }
    boolean isDue = isOwed || toldNanos == tightNanos || victims > 0;
    if (!isDue) {
      forget();
    } else if (maySum(now)) {
      tellSummary(now, "; calm again");
      forget();
    } else {
      isOwed = true;
      memory.tellLater(summedNanos + PAUSE_NANOS - now);
    }
  }

  /** The time has come for what was put off; it may have been told since. */
  void late(long now) {
    if (!isOwed) {
      return;
    }
    if (!maySum(now)) {
      memory.tellLater(summedNanos + PAUSE_NANOS - now);
    } else if (memory.isTight()) {
      tellSummary(now, "");
    } else {
      tellSummary(now, "; calm again");
      forget();
    }
  }

  private boolean maySum(long now) {
    return !hasSummed || now - summedNanos >= PAUSE_NANOS;
  }

  /** All of it is told. */
  private void forget() {
    isOwed = false;
    victims = 0;
    victimsTold = 0;
    victimBytes = 0;
  }

  private void tellTight() {
    long held = 0;
    long largest = 0;
    int idle = 0;
    @Nullable Holder who = null;
    for (Holder h = memory.firstHolder(); h != null; h = h.holding().holdsNext) {
      long bytes = h.heldBytes();
      held += bytes;
      if (bytes > largest) {
        largest = bytes;
        who = h;
      }
      if (h.inputSize() > 0 && h.wanted() == 0) {
        idle++;
      }
    }
    MemoryCounters now = memory.counters();
    memory.log(
        "%s: memory is tight: %d of %d MiB, %d streams hold %d MiB, %d wait, %d held by handlers;%s large reads take turns"
            .formatted(
                memory.loopName(),
                mebibytes(now.used()),
                mebibytes(now.limit()),
                now.holders(),
                mebibytes(held),
                now.waiting(),
                idle,
                who == null ? "" : " largest " + who.name() + " with " + largest / 1024 + " KiB;"));
  }

  private void tellSummary(long now, String end) {
    hasSummed = true;
    summedNanos = now;
    isOwed = false;
    victimsTold = victims;
    MemoryCounters counters = memory.counters();
    memory.log(
        "%s: memory: in %d s %d streams were reset that held %d MiB in all and stood still; longest wait %d s; %d wait%s"
            .formatted(
                memory.loopName(),
                TimeUnit.NANOSECONDS.toSeconds(now - sinceNanos),
                victims,
                mebibytes(victimBytes),
                TimeUnit.NANOSECONDS.toSeconds(counters.waitedNanosMax()),
                counters.waiting(),
                end));
  }

  private static long mebibytes(long bytes) {
    return (bytes + (1 << 19)) >> 20;
  }
}
