package gyre.file;

import gyre.engine.FileStatus;
import java.time.Instant;

/**
 * What a file is, at the moment at which it was asked.
 *
 * @param permissions as in {@code 0644}, with the bits for set-user, set-group and sticky
 * @param accessed when it was read last; many file systems note that once a day only, or never
 * @param modified when its content was changed last
 * @param changed when its content, name or permissions were changed last
 * @param inode with {@code device} the identity of the file, whatever its names are
 * @param links how many names it has
 * @param allocatedBytes what it takes on the device; less than {@code sizeBytes} where it has holes
 */
public record FileInfo(
    FileType type,
    int permissions,
    long sizeBytes,
    Instant accessed,
    Instant modified,
    Instant changed,
    long inode,
    long device,
    int links,
    int user,
    int group,
    long allocatedBytes) {

  static FileInfo of(FileStatus status) {
    return new FileInfo(
        FileType.of(status.type()),
        status.permissions(),
        status.sizeBytes,
        instant(status.accessedNanos),
        instant(status.modifiedNanos),
        instant(status.changedNanos),
        status.inode,
        status.device,
        status.links,
        status.user,
        status.group,
        status.allocatedBytes);
  }

  private static Instant instant(long nanos) {
    return Instant.ofEpochSecond(
        Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L));
  }

  /** As the kernel's side takes it. */
  static long nanos(Instant time) {
    try {
      return Math.addExact(
          Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L), time.getNano());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(time + ": valid is 1677-09-22 to 2262-04-11", e);
    }
  }

  public boolean isRegular() {
    return type == FileType.REGULAR;
  }

  public boolean isDirectory() {
    return type == FileType.DIRECTORY;
  }

  /** Whether these two are one file. */
  public boolean isSameFile(FileInfo other) {
    return inode == other.inode && device == other.device;
  }
}
