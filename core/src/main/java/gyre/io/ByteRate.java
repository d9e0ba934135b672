package gyre.io;

/**
 * A bucket of tokens that fills with time: so many bytes a second, and a tenth of that at once
 * after a pause. Has no clock: the time is an argument.
 */
final class ByteRate {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final int BURSTS_PER_SECOND = 10;

  private final long bytesPerSecond;
  private final double burstBytes;
  private double tokens;
  private long filledNanos;

  ByteRate(long bytesPerSecond, long nowNanos) {
    this.bytesPerSecond = bytesPerSecond;
    this.burstBytes = Math.max(1, bytesPerSecond / BURSTS_PER_SECOND);
    this.tokens = burstBytes;
    this.filledNanos = nowNanos;
  }

  /** Takes tokens for up to so many bytes; for how many. */
  long take(long wanted, long nowNanos) {
    double grown = (nowNanos - filledNanos) / NANOS_PER_SECOND * bytesPerSecond;
    tokens = Math.min(burstBytes, tokens + grown);
    filledNanos = nowNanos;
    long taken = Math.min(wanted, (long) tokens);
    tokens -= taken;
    return taken;
  }

  /** How long it takes until something worth a write may be taken. */
  long waitNanos() {
    double wanted = Math.max(1, burstBytes / 2) - tokens;
    return Math.max(1, (long) Math.ceil(wanted / bytesPerSecond * NANOS_PER_SECOND));
  }
}
