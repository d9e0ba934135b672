package gyre.balancer;

import java.net.InetAddress;
import java.util.LinkedHashMap;

/**
 * How many connections each client's address may make; of IPv6 each network of 64 bits, as whoever
 * has one address there has all of them. Bounded: beyond {@link #LIMIT} clients the one that was
 * longest away is forgotten, and so has its full burst again. From any loop.
 */
final class SourceRates {
  static final int LIMIT = 65_536;

  private static final double NANOS_PER_SECOND = 1e9;

  private static final class Bucket {
    double tokens;
    long atNanos;
  }

  private final LinkedHashMap<ClientKey, Bucket> buckets = new LinkedHashMap<>(64, 0.75f, true);

  /** Whether one more connection is allowed now, which is counted then. */
  synchronized boolean tryEnter(InetAddress client, long perSecond, long burst, long nowNanos) {
    ClientKey key = ClientKey.ofNetwork(client);
    Bucket bucket = buckets.get(key);
    if (bucket == null) {
      bucket = new Bucket();
      bucket.tokens = burst;
      bucket.atNanos = nowNanos;
      buckets.put(key, bucket);
      if (buckets.size() > LIMIT) {
        buckets.remove(buckets.keySet().iterator().next());
      }
    }
    long passed = nowNanos - bucket.atNanos;
    if (passed > 0) { // the turns of two loops may begin in another order than they ask
      double gained = passed / NANOS_PER_SECOND * perSecond;
      bucket.tokens = Math.min((double) burst, bucket.tokens + gained);
      bucket.atNanos = nowNanos;
    }
    if (bucket.tokens < 1) {
      return false;
    }
    bucket.tokens--;
    return true;
  }
}
