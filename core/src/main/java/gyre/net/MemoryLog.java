package gyre.net;

import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Two lines of log: that memory has become scarce, and what that led to. Each at most once a
 * minute, whatever the peers do.
 */
final class MemoryLog {
  private static final System.Logger LOGGER = System.getLogger("gyre");
  private static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final MemoryPolicy policy;

  /** Turns until the first line can tell who waits; 0 if it is told or not due. */
  private int turnsLeft;

  private boolean hasTold;
  private long toldNanos;
  private long tightNanos;
  private long victims;
  private long victimsTold;
  private long victimBytes;
  private long summaryNanos;

  MemoryLog(MemoryPolicy policy) {
    this.policy = policy;
  }

  void tightened(long now) {
    tightNanos = now;
    summaryNanos = now;
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
      policy.turnAgain();
    }
    if (victims > victimsTold && now - summaryNanos >= PAUSE_NANOS) {
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
    if (toldNanos == tightNanos || victims > victimsTold) {
      tellSummary(now, "; calm again");
    }
    victims = 0;
    victimsTold = 0;
    victimBytes = 0;
  }

  private void tellTight() {
    long held = 0;
    long largest = 0;
    int idle = 0;
    @Nullable Holder who = null;
    for (Holder h = policy.firstHolder(); h != null; h = h.holdsNext) {
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
    MemoryCounters now = policy.counters();
    LOGGER.log(
        Level.WARNING,
        "%s: memory is tight: %d of %d MiB, %d streams hold %d MiB, %d wait, %d held by handlers;%s large reads take turns"
            .formatted(
                policy.loop().name(),
                mebibytes(now.used()),
                mebibytes(now.limit()),
                now.holders(),
                mebibytes(held),
                now.waiting(),
                idle,
                who == null ? "" : " largest " + who.name() + " with " + largest / 1024 + " KiB;"));
  }

  private void tellSummary(long now, String end) {
    summaryNanos = now;
    victimsTold = victims;
    MemoryCounters counters = policy.counters();
    LOGGER.log(
        Level.WARNING,
        "%s: memory: in %d s %d streams were reset that held %d MiB in all and stood still; longest wait %d s; %d wait%s"
            .formatted(
                policy.loop().name(),
                TimeUnit.NANOSECONDS.toSeconds(now - tightNanos),
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
