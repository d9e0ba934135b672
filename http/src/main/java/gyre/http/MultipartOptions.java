package gyre.http;

/** How much a {@link Multipart} takes. Immutable; each method gives a changed copy. */
public final class MultipartOptions {
  private static final MultipartOptions DEFAULTS = new MultipartOptions(128, 8 * 1024);

  private final int parts;
  private final int headBytes;

  private MultipartOptions(int parts, int headBytes) {
    this.parts = parts;
    this.headBytes = headBytes;
  }

  public static MultipartOptions defaults() {
    return DEFAULTS;
  }

  /** The most parts of a body; 128 by default. */
  public MultipartOptions parts(int most) {
    return new MultipartOptions(Checks.between("parts", most, 1, 100_000), headBytes);
  }

  /** The most bytes of the fields of a part; 8 KiB by default. */
  public MultipartOptions headBytes(int most) {
    return new MultipartOptions(parts, Checks.between("headBytes", most, 64, 32 * 1024));
  }

  public int parts() {
    return parts;
  }

  public int headBytes() {
    return headBytes;
  }
}
