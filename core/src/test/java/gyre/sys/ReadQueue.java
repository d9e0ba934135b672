package gyre.sys;

/** What the kernel holds for a reader. */
public final class ReadQueue {
  private static final long FIONREAD = 0x541B;

  private ReadQueue() {}

  /**
   * How many bytes can be read from a descriptor now.
   *
   * @param scratch of 4 bytes
   */
  public static int bytes(CallState state, int fd, long scratch) {
    int result = Syscall.call(state, Syscall.IOCTL, fd, FIONREAD, scratch);
    return result < 0 ? result : Memory.getInt(scratch);
  }
}
