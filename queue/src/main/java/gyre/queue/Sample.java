package gyre.queue;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One look at a queue. Immutable, except that nobody changes the arrays.
 *
 * @param pendingByPriority at index 1 to 10
 * @param oldestSeconds how long the oldest of the first entries of each priority waits; 0 if none
 * @param error why the directory can't be read; then the rest is as it was before
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Sample(
    long timeMillis,
    long[] pendingByPriority,
    long delayed,
    long processing,
    long failed,
    long completed,
    double oldestSeconds,
    boolean isPaused,
    List<String> pausedKinds,
    List<WorkerSample> workers,
    String error,
    long tookMillis) {

  static final Sample NONE =
      new Sample(
          0,
          new long[EntryName.LAST_PRIORITY + 1],
          0,
          0,
          0,
          0,
          0,
          false,
          List.of(),
          List.of(),
          "nothing was read yet",
          0);

  long pending() {
    long all = 0;
    for (long each : pendingByPriority) {
      all += each;
    }
    return all;
  }

  Sample failedNow(long nowMillis, String reason, long took) {
    return new Sample(
        nowMillis,
        pendingByPriority,
        delayed,
        processing,
        failed,
        completed,
        oldestSeconds,
        isPaused,
        pausedKinds,
        workers,
        reason,
        took);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other; // each look is one of its own
  }

  @Override
  public int hashCode() {
    return Long.hashCode(timeMillis);
  }
}
