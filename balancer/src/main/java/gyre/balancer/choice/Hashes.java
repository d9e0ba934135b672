package gyre.balancer.choice;

import java.nio.charset.StandardCharsets;

/** Hashes that are the same in every process: two balancers side by side have to agree. */
public final class Hashes {
  private static final long FNV_OFFSET = 0xCBF29CE484222325L;
  private static final long FNV_PRIME = 0x100000001B3L;

  private Hashes() {}

  public static long of(byte[] bytes) {
    long hash = FNV_OFFSET;
    for (byte each : bytes) {
      hash = (hash ^ (each & 0xFF)) * FNV_PRIME;
    }
    return mix(hash);
  }

  public static long of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The finisher of MurmurHash3: every bit of the input changes half of the output. */
  public static long mix(long value) {
    long h = value;
    h = (h ^ (h >>> 33)) * 0xFF51AFD7ED558CCDL;
    h = (h ^ (h >>> 33)) * 0xC4CEB9FE1A85EC53L;
    return h ^ (h >>> 33);
  }
}
