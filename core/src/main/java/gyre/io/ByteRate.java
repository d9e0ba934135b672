package gyre.io;

import gyre.sync.TokenBucket;

/**
 * So many bytes a second, and a tenth of that at once after a pause. Has no clock: the time is an
 * argument.
 */
final class ByteRate {
  private static final int BURSTS_PER_SECOND = 10;

  private final TokenBucket bucket;

  ByteRate(long bytesPerSecond, long nowNanos) {
    this.bucket =
        TokenBucket.create(
            bytesPerSecond, Math.max(1, bytesPerSecond / BURSTS_PER_SECOND), nowNanos);
  }

  /** Takes tokens for up to so many bytes; for how many. */
  long take(long wanted, long nowNanos) {
    long taken = Math.min(wanted, bucket.available(nowNanos));
    bucket.take(taken, nowNanos);
    return taken;
  }

  /** How long it takes until something worth a write may be taken. */
  long waitNanos(long nowNanos) {
    return bucket.nanosUntil(Math.max(1, bucket.burst() / 2), nowNanos);
  }
}
