package gyre.sys;

/** Mappings of memory. */
public final class LinuxMemory {
  public static final int PROT_READ = 1;
  public static final int PROT_WRITE = 2;
  public static final int MAP_SHARED = 1;
  public static final int MAP_PRIVATE = 2;
  public static final int MAP_ANONYMOUS = 0x20;
  public static final int MAP_POPULATE = 0x8000;

  private LinuxMemory() {}

  /** The address, or a negative errno. */
  public static long mmap(
      CallState state, long address, long length, int protection, int flags, int fd, long offset) {
    return Syscall.call(state, Syscall.MMAP, address, length, protection, flags, fd, offset);
  }

  public static int munmap(CallState state, long address, long length) {
    return Syscall.call(state, Syscall.MUNMAP, address, length);
  }
}
