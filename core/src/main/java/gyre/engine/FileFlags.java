package gyre.engine;

/** Flags for opening files, with Linux's numbers on every system. */
public final class FileFlags {
  private static final boolean IS_ARM = System.getProperty("os.arch").equals("aarch64");

  public static final int O_RDONLY = 0;
  public static final int O_WRONLY = 1;
  public static final int O_RDWR = 2;
  public static final int O_ACCESS_MODE = 3;
  public static final int O_CREAT = 0x40;
  public static final int O_EXCL = 0x80;
  public static final int O_NOCTTY = 0x100;
  public static final int O_TRUNC = 0x200;
  public static final int O_APPEND = 0x400;

  /** Waits for nothing, at opening or later. */
  public static final int O_NONBLOCK = 0x800;

  public static final int O_DSYNC = 0x1000;
  public static final int O_DIRECT = IS_ARM ? 0x10000 : 0x4000;
  public static final int O_DIRECTORY = IS_ARM ? 0x4000 : 0x10000;
  public static final int O_NOFOLLOW = IS_ARM ? 0x8000 : 0x20000;
  public static final int O_CLOEXEC = 0x80000;
  public static final int O_SYNC = 0x101000;

  /** A place in the tree to start at, which is neither read nor written. */
  public static final int O_PATH = 0x200000;

  public static final int O_TMPFILE = 0x400000 | O_DIRECTORY;

  private FileFlags() {}
}
