package gyre.engine;

import gyre.sys.LinuxNames;
import java.util.function.Consumer;

/** Entries of a directory in memory, in the form in which Linux gives them. */
public final class DirectoryEntries {
  /**
   * One of them.
   *
   * @param type as in {@link FileStatus#type()}; 0 where the file system does not tell
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  public record Entry(byte[] name, int type, long inode) {}

  private DirectoryEntries() {}

  /** Each in turn. */
  public static void read(long address, int bytes, Consumer<Entry> visitor) {
    int at = 0;
    while (at < bytes) {
      long entry = address + at;
      visitor.accept(
          new Entry(
              LinuxNames.entryName(entry),
              LinuxNames.entryType(entry) << 12,
              LinuxNames.entryInode(entry)));
      at += LinuxNames.entryBytes(entry);
    }
  }

  /** For those who have a directory that no kernel knows: the number of bytes, or 0 if too many. */
  public static int put(long address, int room, Entry entry) {
    return LinuxNames.bytesForEntry(entry.name.length) > room
        ? 0
        : LinuxNames.putEntry(address, entry.inode, entry.type >>> 12, entry.name);
  }
}
