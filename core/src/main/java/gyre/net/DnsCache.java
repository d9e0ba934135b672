package gyre.net;

import gyre.net.DnsResolver.Answer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Answers that may still be believed; of too many those go that nobody has asked for longest. */
final class DnsCache {
  private static final int MOST = 1024;
  private static final long MOST_SECONDS = TimeUnit.DAYS.toSeconds(1);
  private static final long MOST_NEGATIVE_SECONDS = TimeUnit.MINUTES.toSeconds(15);

  private record Entry(Answer answer, long expiresNanos) {}

  private final Map<DnsKey, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

  @Nullable Answer find(DnsKey key, long nowNanos) {
    Entry entry = entries.get(key);
    if (entry == null) {
      return null;
    }
    if (nowNanos - entry.expiresNanos >= 0) {
      entries.remove(key);
      return null;
    }
    return entry.answer;
  }

  void put(DnsKey key, Answer answer, long ttlSeconds, long nowNanos) {
    long most = answer.records().isEmpty() ? MOST_NEGATIVE_SECONDS : MOST_SECONDS;
    long seconds = Math.min(ttlSeconds, most);
    if (seconds <= 0) {
      return;
    }
    entries.put(key, new Entry(answer, nowNanos + TimeUnit.SECONDS.toNanos(seconds)));
    if (entries.size() > MOST) {
      entries.remove(entries.keySet().iterator().next());
    }
  }

  void clear() {
    entries.clear();
  }
}
