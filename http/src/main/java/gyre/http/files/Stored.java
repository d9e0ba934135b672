package gyre.http.files;

import gyre.file.File;
import gyre.file.FileInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file as it was when it was looked at: what its answers say, and its content if that is small.
 */
final class Stored {
  /** The coarsest clock that file systems have. */
  private static final Duration TICK = Duration.ofSeconds(2);

  final String name;
  final long sizeBytes;
  final Instant modified;
  final String tag;
  private final long inode;
  private final Instant changed;

  /** Null where it is too large to be kept, or was not read. */
  final byte @Nullable [] content;

  /** Compressed forms that lie beside it; null if that was not looked at. */
  @Nullable List<Coding> codings;

  long checkedNanos;

  Stored(String name, FileInfo info, String tagEnd, byte @Nullable [] content) {
    this.name = name;
    this.sizeBytes = info.sizeBytes();
    this.modified = info.modified();
    this.inode = info.inode();
    this.changed = info.changed();
    this.content = content;
    this.tag =
        "\""
            + hexNanos(modified)
            + "-"
            + hexNanos(changed) // which nobody can set back
            + "-"
            + Long.toHexString(sizeBytes)
            + "-"
            + Long.toHexString(inode)
            + tagEnd
            + "\"";
  }

  private static String hexNanos(Instant time) {
    return Long.toHexString(time.getEpochSecond() * 1_000_000_000L + time.getNano());
  }

  boolean isStill(FileInfo info) {
    return info.inode() == inode
        && info.sizeBytes() == sizeBytes
        && info.modified().equals(modified)
        && info.changed().equals(changed);
  }

  /** Whether another change would be seen: it may fall into the same tick of the clock. */
  boolean isSettled(Instant now) {
    return !changed.plus(TICK).isAfter(now);
  }

  /** What it takes in the cache. */
  long heldBytes() {
    return 256L + 2L * name.length() + (content == null ? 0 : content.length);
  }

  /** An open file, and what it is. */
  record Opened(File file, FileInfo info) {}
}
