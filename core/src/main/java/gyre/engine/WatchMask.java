package gyre.engine;

/** What inotify tells of: bits as Linux has them. */
public final class WatchMask {
  public static final int MODIFY = 0x2;
  public static final int CLOSE_WRITE = 0x8;
  public static final int MOVED_FROM = 0x40;
  public static final int MOVED_TO = 0x80;
  public static final int CREATE = 0x100;
  public static final int DELETE = 0x200;
  public static final int DELETE_SELF = 0x400;
  public static final int MOVE_SELF = 0x800;

  /** The file system is gone. Comes without being asked for, as the following do. */
  public static final int UNMOUNT = 0x2000;

  /** The kernel's queue was full: something is missing. */
  public static final int OVERFLOW = 0x4000;

  /** The watch is gone. */
  public static final int IGNORED = 0x8000;

  /** Asked for: nothing but a directory. */
  public static final int ONLY_DIRECTORY = 0x0100_0000;

  /** Asked for: not what a link points to. */
  public static final int NO_FOLLOW = 0x0200_0000;

  /** It happened to a directory. */
  public static final int IS_DIRECTORY = 0x4000_0000;

  /** Something in a directory has another name, or none, or is new. */
  public static final int NAMES = MOVED_FROM | MOVED_TO | CREATE | DELETE;

  private WatchMask() {}
}
