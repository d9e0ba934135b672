package gyre.balancer;

import java.net.InetAddress;
import java.util.LinkedHashMap;

/**
 * How many connections each client's address may make. Bounded: beyond {@link #LIMIT} clients the
 * one that was longest away is forgotten, and so has its full burst again. From any loop.
 */
final class SourceRates {
  static final int LIMIT = 65_536;

  private static final double NANOS_PER_SECOND = 1e9;

  private static final class Bucket {
    double tokens;
    long atNanos;
  }

  private final LinkedHashMap<InetAddress, Bucket> buckets = new LinkedHashMap<>(64, 0.75f, true);

  /** Whether one more connection is allowed now, which is counted then. */
  synchronized boolean tryEnter(InetAddress client, long perSecond, long burst, long nowNanos) {
    Bucket bucket = buckets.get(client);
    if (bucket == null) {
      bucket = new Bucket();
      bucket.tokens = burst;
      bucket.atNanos = nowNanos;
      buckets.put(client, bucket);
      if (buckets.size() > LIMIT) {
        buckets.remove(buckets.keySet().iterator().next());
      }
    }
    double gained = (nowNanos - bucket.atNanos) / NANOS_PER_SECOND * perSecond;
    bucket.tokens = Math.min((double) burst, bucket.tokens + Math.max(0, gained));
    bucket.atNanos = nowNanos;
    if (bucket.tokens < 1) {
      return false;
    }
    bucket.tokens--;
    return true;
  }
}
