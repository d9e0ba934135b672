package gyre.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Terminals and pseudo-terminals, by the ioctls that the C library's functions are made of. All
 * answer a negative errno where they fail.
 *
 * <p>Settings are those of {@code struct termios2}, which holds the speeds as numbers too: so what
 * is written back is what was read, bit for bit.
 */
public final class LinuxTerminals {
  /** {@code sizeof(struct termios2)}. */
  public static final int SETTINGS_BYTES = 44;

  /** {@code sizeof(struct winsize)}. */
  public static final int SIZE_BYTES = 8;

  // c_iflag
  public static final int IGNBRK = 0x1;
  public static final int BRKINT = 0x2;
  public static final int PARMRK = 0x8;
  public static final int ISTRIP = 0x20;
  public static final int INLCR = 0x40;
  public static final int IGNCR = 0x80;
  public static final int ICRNL = 0x100;
  public static final int IXON = 0x400;

  // c_oflag
  public static final int OPOST = 0x1;

  // c_cflag
  public static final int CSIZE = 0x30;
  public static final int CS8 = 0x30;
  public static final int PARENB = 0x100;

  // c_lflag
  public static final int ISIG = 0x1;
  public static final int ICANON = 0x2;
  public static final int ECHO = 0x8;
  public static final int ECHONL = 0x40;
  public static final int IEXTEN = 0x8000;

  public static final int SIGTSTP = 20;

  private static final long TCGETS2 = 0x802C542AL;
  private static final long TCSETS2 = 0x402C542BL;
  private static final long TIOCSCTTY = 0x540E;
  private static final long TIOCGPGRP = 0x540F;
  private static final long TIOCGWINSZ = 0x5413;
  private static final long TIOCSWINSZ = 0x5414;
  private static final long TIOCGPTN = 0x80045430L;
  private static final long TIOCSPTLCK = 0x40045431L;
  private static final long TIOCGPTPEER = 0x5441;

  private static final int INPUT_OFFSET = 0;
  private static final int OUTPUT_OFFSET = 4;
  private static final int CONTROL_OFFSET = 8;
  private static final int LOCAL_OFFSET = 12;
  private static final int CHARACTERS_OFFSET = 17;
  private static final int VTIME = 5;
  private static final int VMIN = 6;

  private LinuxTerminals() {}

  /**
   * Reads how a terminal is set; {@code -ENOTTY} where it is none.
   *
   * @param settings room for {@link #SETTINGS_BYTES}
   */
  public static int settings(CallState state, int fd, long settings) {
    return ioctl(state, fd, TCGETS2, settings);
  }

  /**
   * Sets a terminal, at once. What is in its queues stays there: neither is typed-ahead input lost,
   * nor does one wait for output that nobody may read any more.
   */
  public static int setSettings(CallState state, int fd, long settings) {
    return ioctl(state, fd, TCSETS2, settings);
  }

  /**
   * Makes settings raw: each byte comes as it was typed, at once and without an echo, and output is
   * passed on unchanged. What the line's hardware needs (speed, flow by wires) stays.
   */
  public static void makeRaw(long settings) {
    clear(
        settings + INPUT_OFFSET, IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    clear(settings + OUTPUT_OFFSET, OPOST);
    clear(settings + CONTROL_OFFSET, CSIZE | PARENB);
    Memory.putInt(settings + CONTROL_OFFSET, Memory.getInt(settings + CONTROL_OFFSET) | CS8);
    clear(settings + LOCAL_OFFSET, ISIG | ICANON | ECHO | ECHONL | IEXTEN);
    Memory.putByte(settings + CHARACTERS_OFFSET + VMIN, (byte) 1);
    Memory.putByte(settings + CHARACTERS_OFFSET + VTIME, (byte) 0);
  }

  private static void clear(long flags, int bits) {
    Memory.putInt(flags, Memory.getInt(flags) & ~bits);
  }

  /** The local flags ({@code c_lflag}) of settings. */
  public static int localFlags(long settings) {
    return Memory.getInt(settings + LOCAL_OFFSET);
  }

  /**
   * Asks for the size.
   *
   * @param size room for {@link #SIZE_BYTES}; see {@link #rows} and {@link #columns}
   */
  public static int size(CallState state, int fd, long size) {
    return ioctl(state, fd, TIOCGWINSZ, size);
  }

  public static int rows(long size) {
    return Memory.getShort(size) & 0xFFFF;
  }

  public static int columns(long size) {
    return Memory.getShort(size + 2) & 0xFFFF;
  }

  /** Sets the size; the foreground group of the terminal gets SIGWINCH if it is another. */
  public static int setSize(CallState state, int fd, int columns, int rows) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(SIZE_BYTES, 8);
      Memory.putShort(size.address(), (short) rows);
      Memory.putShort(size.address() + 2, (short) columns);
      return ioctl(state, fd, TIOCSWINSZ, size.address());
    }
  }

  /**
   * Opens the master of a new pseudo-terminal, whose slave can be opened afterwards. It is
   * close-on-exec, and never the controlling terminal of this process.
   *
   * @param flags {@link LinuxFiles#O_NONBLOCK} or 0
   */
  public static int openMaster(CallState state, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom("/dev/ptmx");
      int master =
          LinuxFiles.openat(state, LinuxFiles.AT_FDCWD, path.address(), openFlags(flags), 0);
      if (master < 0) {
        return master;
      }
      MemorySegment unlocked = arena.allocate(8, 8);
      int result = ioctl(state, master, TIOCSPTLCK, unlocked.address());
      if (result < 0) {
        LinuxFiles.discard(master);
        return result;
      }
      return master;
    }
  }

  /**
   * Opens the slave that belongs to a master, also where {@code /dev/pts} is not to be seen. See
   * {@link #openMaster} about it. Needs Linux 4.13.
   */
  public static int openSlave(CallState state, int master, int flags) {
    return ioctl(state, master, TIOCGPTPEER, openFlags(flags));
  }

  /** Read and write, not the controlling terminal, close-on-exec. */
  private static int openFlags(int flags) {
    return flags | O_RDWR | O_NOCTTY | LinuxFiles.O_CLOEXEC;
  }

  private static final int O_RDWR = 2;
  private static final int O_NOCTTY = 0x100;

  /** The number of a master's slave, which is {@code /dev/pts/N}. */
  public static int slaveNumber(CallState state, int master) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment number = arena.allocate(8, 8);
      int result = ioctl(state, master, TIOCGPTN, number.address());
      return result < 0 ? result : Memory.getInt(number.address());
    }
  }

  /** Makes a terminal the controlling one of the calling process, which must lead a session. */
  public static int control(CallState state, int fd) {
    return ioctl(state, fd, TIOCSCTTY, 0);
  }

  /** The process group that is in the foreground of the terminal. */
  public static int foregroundGroup(CallState state, int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment group = arena.allocate(8, 8);
      int result = ioctl(state, fd, TIOCGPGRP, group.address());
      return result < 0 ? result : Memory.getInt(group.address());
    }
  }

  /**
   * Sends a signal to the calling thread. If it is one that stops, and nobody handles it, the whole
   * process has been stopped and continued when this returns. (Sent to the process it would stop
   * whichever thread takes it, and this one could run on for a moment.)
   */
  public static int signalThisThread(CallState state, int signal) {
    int process = (int) Syscall.call(state, Syscall.GETPID, 0, 0, 0, 0, 0, 0);
    return Syscall.call(state, Syscall.TGKILL, process, LinuxProcess.threadId(state), signal);
  }

  private static int ioctl(CallState state, int fd, long request, long argument) {
    return Syscall.call(state, Syscall.IOCTL, fd, request, argument);
  }
}
