package gyre.queue;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How often entries met what others held: a deadlock, a lock that could not be had. That is no
 * attempt of theirs, so they come again soon, but not without end. Any thread.
 */
final class PgBusy {
  private static final int TIMES_LIMIT = 20;
  private static final int ENTRIES_LIMIT = 10_000;
  private static final long FIRST_MILLIS = 20;
  private static final long LONGEST_MILLIS = 2000;

  private final Map<Long, Integer> times =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Integer> eldest) {
          return size() > ENTRIES_LIMIT;
        }
      };

  /** Until it is tried again; empty if it came too often, and this counts as an attempt. */
  synchronized OptionalLong pauseMillis(long seq) {
    int before = times.merge(seq, 1, Integer::sum) - 1;
    if (before >= TIMES_LIMIT) {
      times.remove(seq);
      return OptionalLong.empty();
    }
    long most = Math.min(LONGEST_MILLIS, FIRST_MILLIS << Math.min(10, before));
    return OptionalLong.of(1 + ThreadLocalRandom.current().nextLong(most));
  }
}
