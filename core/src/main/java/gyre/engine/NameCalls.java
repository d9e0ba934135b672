package gyre.engine;

/**
 * The calls on the names of files. They may block. A path that is relative starts at the directory
 * beside it. From any thread; each answers a negative errno where it fails.
 */
public interface NameCalls {
  /** Of {@link #rename}: refuses with {@code EEXIST} if there is something at the new name. */
  int NO_REPLACE = 1;

  /** Of {@link #rename}: gives each the name of the other. */
  int EXCHANGE = 2;

  /** Of {@link #unlink}: the directory of that name, which must be empty. */
  int REMOVE_DIRECTORY = 0x200;

  int rename(int directory, byte[] path, int toDirectory, byte[] to, int flags);

  /**
   * A further name of the same file; with an empty path of the one that {@code directory} is, which
   * may have none yet.
   */
  int link(int directory, byte[] path, int toDirectory, byte[] to);

  /** A link at {@code path} that leads to {@code target}. */
  int symlink(byte[] target, int directory, byte[] path);

  int unlink(int directory, byte[] path, int flags);

  int makeDirectory(int directory, byte[] path, int mode);

  /** What a symbolic link leads to, as far as there is room; its length. */
  int readLink(int directory, byte[] path, byte[] into);

  /**
   * The next entries of an open directory, in the form of Linux's {@code struct linux_dirent64}:
   * see {@link DirectoryEntries}. The number of bytes; 0 at the end.
   */
  int list(int descriptor, long address, int length);
}
