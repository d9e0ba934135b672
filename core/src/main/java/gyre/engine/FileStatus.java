package gyre.engine;

/** What the kernel tells of a file. The numbers are Linux's. */
public final class FileStatus {
  public static final int TYPE_MASK = 0xF000;
  public static final int REGULAR = 0x8000;
  public static final int DIRECTORY = 0x4000;
  public static final int SYMBOLIC_LINK = 0xA000;
  public static final int FIFO = 0x1000;
  public static final int SOCKET = 0xC000;
  public static final int CHARACTER_DEVICE = 0x2000;
  public static final int BLOCK_DEVICE = 0x6000;

  /** Type and permissions. */
  public int mode;

  public long sizeBytes;

  /** Nanoseconds since 1970. */
  public long modifiedNanos;

  /** When it was read last, as far as the file system keeps that; nanoseconds since 1970. */
  public long accessedNanos;

  /** Since when the rest is as it is here, content or not. */
  public long changedNanos;

  public long inode;
  public long device;
  public int links;
  public int user;
  public int group;

  /** What it takes on the device. */
  public long allocatedBytes;

  /** The best size of transfers. */
  public int blockBytes;

  public int type() {
    return mode & TYPE_MASK;
  }

  public int permissions() {
    return mode & ~TYPE_MASK;
  }
}
