package gyre.sys;

/**
 * Calls on the names of files, and what is done to a file as a whole. All answer a negative errno
 * where they fail. Paths end with a zero.
 */
public final class LinuxNames {
  public static final int AT_REMOVEDIR = 0x200;
  public static final int AT_SYMLINK_FOLLOW = 0x400;

  /** Of {@code renameat2}. */
  public static final int RENAME_NOREPLACE = 1;

  public static final int RENAME_EXCHANGE = 2;

  public static final int FALLOC_FL_KEEP_SIZE = 1;

  /** {@code sizeof(struct open_how)}. */
  public static final int OPEN_HOW_BYTES = 24;

  /** Of {@code openat2}: nothing outside of the directory is reached, whoever changes what. */
  public static final int RESOLVE_BENEATH = 8;

  /** No part of the path may be a symbolic link. */
  public static final int RESOLVE_NO_SYMLINKS = 4;

  /** Links of {@code /proc} that lead anywhere are not followed. */
  public static final int RESOLVE_NO_MAGICLINKS = 2;

  private static final long UTIME_OMIT = (1L << 30) - 2;
  private static final long FICLONE = 0x40049409L;
  private static final int F_OFD_SETLK = 37;

  /** {@code sizeof(struct flock)}. */
  public static final int FLOCK_BYTES = 32;

  private LinuxNames() {}

  /** Writes a {@code struct open_how}. */
  public static void putOpenHow(long how, int flags, int mode, int resolve) {
    Memory.putLong(how, flags);
    Memory.putLong(how + 8, mode);
    Memory.putLong(how + 16, resolve);
  }

  public static int openat2(CallState state, int directory, long path, long how) {
    return Syscall.call(state, Syscall.OPENAT2, directory, path, how, OPEN_HOW_BYTES);
  }

  public static int renameat2(
      CallState state, int directory, long path, int toDirectory, long to, int flags) {
    return Syscall.call(state, Syscall.RENAMEAT2, directory, path, toDirectory, to, flags);
  }

  public static int linkat(
      CallState state, int directory, long path, int toDirectory, long to, int flags) {
    return Syscall.call(state, Syscall.LINKAT, directory, path, toDirectory, to, flags);
  }

  public static int symlinkat(CallState state, long target, int directory, long path) {
    return Syscall.call(state, Syscall.SYMLINKAT, target, directory, path);
  }

  public static int unlinkat(CallState state, int directory, long path, int flags) {
    return Syscall.call(state, Syscall.UNLINKAT, directory, path, flags);
  }

  public static int mkdirat(CallState state, int directory, long path, int mode) {
    return Syscall.call(state, Syscall.MKDIRAT, directory, path, mode);
  }

  /** The length of what the link says, of which no more than {@code length} was written. */
  public static int readlinkat(CallState state, int directory, long path, long into, int length) {
    return Syscall.call(state, Syscall.READLINKAT, directory, path, into, length);
  }

  /**
   * Entries of a directory, as {@code struct linux_dirent64}; the number of bytes, 0 at the end.
   */
  public static int getdents(CallState state, int fd, long into, int length) {
    return Syscall.call(state, Syscall.GETDENTS64, fd, into, length);
  }

  public static int ftruncate(CallState state, int fd, long length) {
    return Syscall.call(state, Syscall.FTRUNCATE, fd, length);
  }

  public static int fallocate(CallState state, int fd, int mode, long offset, long length) {
    return Syscall.call(state, Syscall.FALLOCATE, fd, mode, offset, length);
  }

  public static int fchmod(CallState state, int fd, int mode) {
    return Syscall.call(state, Syscall.FCHMOD, fd, mode);
  }

  public static int fchmodat(CallState state, int directory, long path, int mode) {
    return Syscall.call(state, Syscall.FCHMODAT, directory, path, mode);
  }

  /** -1 leaves the user or the group as it is. */
  public static int fchownat(
      CallState state, int directory, long path, int user, int group, int flags) {
    return Syscall.call(state, Syscall.FCHOWNAT, directory, path, user, group, flags);
  }

  /**
   * Sets when a file was read and changed last.
   *
   * @param path 0 for the file that {@code directory} is
   * @param times two of {@link #putTime}
   */
  public static int utimensat(CallState state, int directory, long path, long times) {
    return Syscall.call(state, Syscall.UTIMENSAT, directory, path, times, 0);
  }

  /** Writes a {@code struct timespec}. */
  public static void putTime(long timespec, long nanos) {
    Memory.putLong(timespec, Math.floorDiv(nanos, 1_000_000_000L));
    Memory.putLong(timespec + 8, Math.floorMod(nanos, 1_000_000_000L));
  }

  /** Writes one that leaves a time as it is. */
  public static void putNoTime(long timespec) {
    Memory.putLong(timespec, 0);
    Memory.putLong(timespec + 8, UTIME_OMIT);
  }

  public static int preadv(CallState state, int fd, long vector, int count, long offset) {
    return Syscall.call(state, Syscall.PREADV, fd, vector, count, offset, 0);
  }

  public static int pwritev(CallState state, int fd, long vector, int count, long offset) {
    return Syscall.call(state, Syscall.PWRITEV, fd, vector, count, offset, 0);
  }

  /**
   * Copies within the kernel.
   *
   * @param offsets room for two longs: where to begin in each file
   */
  public static int copyFileRange(
      CallState state,
      int from,
      long fromOffset,
      int to,
      long toOffset,
      long length,
      long offsets) {
    Memory.putLong(offsets, fromOffset);
    Memory.putLong(offsets + 8, toOffset);
    return (int)
        Syscall.call(state, Syscall.COPY_FILE_RANGE, from, offsets, to, offsets + 8, length, 0);
  }

  /** Has a file share all that another one has, until one of them is changed. */
  public static int clone(CallState state, int to, int from) {
    return Syscall.call(state, Syscall.IOCTL, to, FICLONE, from);
  }

  /**
   * Takes or gives up a lock that belongs to the open file, without waiting.
   *
   * @param type 0 shared, 1 exclusive, 2 none
   * @param flock room for {@link #FLOCK_BYTES}
   */
  public static int lock(CallState state, int fd, int type, long offset, long length, long flock) {
    Memory.putLong(flock, type & 0xFFFF); // SEEK_SET behind it is 0
    Memory.putLong(flock + 8, offset);
    Memory.putLong(flock + 16, length);
    Memory.putLong(flock + 24, 0);
    return Syscall.call(state, Syscall.FCNTL, fd, F_OFD_SETLK, flock);
  }

  // What stands in a struct linux_dirent64.

  public static int entryBytes(long entry) {
    return Memory.getShort(entry + 16) & 0xFFFF;
  }

  public static int entryType(long entry) {
    return Memory.getByte(entry + 18) & 0xFF;
  }

  public static long entryInode(long entry) {
    return Memory.getLong(entry);
  }

  public static byte[] entryName(long entry) {
    int length = 0;
    while (Memory.getByte(entry + 19 + length) != 0) {
      length++;
    }
    byte[] name = new byte[length];
    Memory.copy(entry + 19, name, 0, length);
    return name;
  }

  /** How long an entry with a name of so many bytes is. */
  public static int bytesForEntry(int nameLength) {
    return (19 + nameLength + 1 + 7) & -8;
  }

  /** Writes an entry, for those who have a directory that no kernel knows. */
  public static int putEntry(long entry, long inode, int type, byte[] name) {
    int bytes = bytesForEntry(name.length);
    Memory.putLong(entry, inode);
    Memory.putLong(entry + 8, 0);
    Memory.putShort(entry + 16, (short) bytes);
    Memory.putByte(entry + 18, (byte) type);
    Memory.copy(name, 0, entry + 19, name.length);
    Memory.putByte(entry + 19 + name.length, (byte) 0);
    return bytes;
  }
}
