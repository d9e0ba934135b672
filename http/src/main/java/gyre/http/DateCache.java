package gyre.http;

import gyre.Loop;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** The line with the date, made once a second for each loop. */
final class DateCache {
  private static final long SECOND_NANOS = 1_000_000_000;
  private static final long MILLI_NANOS = 1_000_000;

  private final Loop loop;
  private byte[] line = {};
  private long staleNanos;

  DateCache(Loop loop) {
    this.loop = loop;
  }

  /** With its end. */
  byte[] line() {
    long now = loop.nanoTime();
    if (line.length == 0 || now - staleNanos >= 0) {
      long millis = loop.clock().millis();
      line =
          ("Date: " + HttpDate.format(Instant.ofEpochMilli(millis)) + "\r\n")
              .getBytes(StandardCharsets.ISO_8859_1);
      staleNanos = now + SECOND_NANOS - Math.floorMod(millis, 1000) * MILLI_NANOS;
    }
    return line;
  }
}
