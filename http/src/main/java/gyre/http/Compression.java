package gyre.http;

import java.util.List;
import java.util.Locale;

/**
 * Which answers are compressed by gzip where the client takes it: {@link HttpOptions#compression}.
 * Immutable; each method gives a changed copy.
 */
public final class Compression {
  private static final String EVENTS = "text/event-stream";

  private static final Compression DEFAULTS =
      new Compression(
          1024,
          6,
          16,
          List.of(
              "text/",
              "application/json",
              "application/javascript",
              "application/xml",
              "application/ld+json",
              "application/manifest+json",
              "application/wasm",
              "image/svg+xml"));

  private final int leastBytes;
  private final int level;
  private final int compressors;
  private final List<String> types;

  private Compression(int leastBytes, int level, int compressors, List<String> types) {
    this.leastBytes = leastBytes;
    this.level = level;
    this.compressors = compressors;
    this.types = types;
  }

  /** Text, JSON and the like, from 1 KiB on, at level 6. */
  public static Compression gzip() {
    return DEFAULTS;
  }

  /** Shorter answers are sent as they are; 1024 by default. */
  public Compression leastBytes(int value) {
    int checked = Checks.between("leastBytes", value, 0, Integer.MAX_VALUE);
    return new Compression(checked, level, compressors, types);
  }

  /** From 1, fast, to 9, small; 6 by default. */
  public Compression level(int value) {
    int checked = Checks.between("level", value, 1, 9);
    return new Compression(leastBytes, checked, compressors, types);
  }

  /**
   * The most compressors of a loop, some 270 KB each; 16 by default. An answer for which none is
   * free is sent as it is.
   */
  public Compression compressors(int value) {
    int checked = Checks.between("compressors", value, 1, 10_000);
    return new Compression(leastBytes, level, checked, types);
  }

  /**
   * What their content types begin with, in lower case: {@code text/}, {@code application/json}.
   * Never {@code text/event-stream}: a compressor would keep events back until it has enough.
   */
  public Compression types(List<String> prefixes) {
    return new Compression(leastBytes, level, compressors, List.copyOf(prefixes));
  }

  int leastBytes() {
    return leastBytes;
  }

  int level() {
    return level;
  }

  int compressors() {
    return compressors;
  }

  boolean isForType(String type) {
    String lower = type.toLowerCase(Locale.ROOT);
    if (lower.startsWith(EVENTS)) {
      return false;
    }
    for (String prefix : types) {
      if (lower.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }
}
