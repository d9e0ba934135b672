package gyre.file;

/**
 * A part of a file that is locked.
 *
 * @param bytes 0 for up to the end, wherever that will be
 */
record LockRange(long offset, long bytes) {
  static final LockRange ALL = new LockRange(0, 0);

  static LockRange of(long offset, long bytes) {
    if (offset < 0 || bytes < 0 || offset > Long.MAX_VALUE - bytes) {
      throw new IllegalArgumentException(
          "a lock of " + bytes + " bytes at " + offset + ": valid is 0 and more");
    }
    return new LockRange(offset, bytes);
  }

  private long end() {
    return bytes == 0 ? Long.MAX_VALUE : offset + bytes;
  }

  boolean overlaps(LockRange other) {
    return offset < other.end() && other.offset < end();
  }

  @Override
  public String toString() {
    return offset == 0 && bytes == 0
        ? "all of it"
        : bytes == 0 ? "all from " + offset : bytes + " bytes at " + offset;
  }
}
