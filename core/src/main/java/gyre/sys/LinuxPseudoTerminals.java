package gyre.sys;

/** Calls on pseudo-terminals. All answer a negative errno where they fail. */
public final class LinuxPseudoTerminals {
  private static final int TIOCSPTLCK = 0x40045431;
  private static final int TIOCGPTN = 0x80045430;
  private static final int TIOCGPTPEER = 0x5441;
  private static final int O_RDWR = 2;
  private static final int O_NOCTTY = 0x100;

  private LinuxPseudoTerminals() {}

  /**
   * Lets the other side of a new pseudo-terminal be opened.
   *
   * @param scratch room for an int
   */
  public static int unlock(CallState state, int driver, long scratch) {
    Memory.putInt(scratch, 0);
    return Syscall.call(state, Syscall.IOCTL, driver, TIOCSPTLCK, scratch);
  }

  /** Its number below /dev/pts. */
  public static int number(CallState state, int driver, long scratch) {
    int result = Syscall.call(state, Syscall.IOCTL, driver, TIOCGPTN & 0xFFFF_FFFFL, scratch);
    return result < 0 ? result : Memory.getInt(scratch);
  }

  /** Opens the other side, which is close-on-exec and no controlling terminal. */
  public static int openUser(CallState state, int driver) {
    return Syscall.call(
        state, Syscall.IOCTL, driver, TIOCGPTPEER, O_RDWR | O_NOCTTY | LinuxFiles.O_CLOEXEC);
  }
}
