package gyre.sys;

import static gyre.sys.Native.INT;
import static gyre.sys.Native.LONG;

import java.lang.invoke.MethodHandle;

/** Mappings of memory. */
public final class LinuxMemory {
  public static final int PROT_READ = 1;
  public static final int PROT_WRITE = 2;
  public static final int MAP_SHARED = 1;
  public static final int MAP_PRIVATE = 2;
  public static final int MAP_ANONYMOUS = 0x20;
  public static final int MAP_POPULATE = 0x8000;

  private LinuxMemory() {}

  private static final class Mmap {
    static final MethodHandle HANDLE = Native.call("mmap", LONG, LONG, LONG, INT, INT, INT, LONG);
  }

  /** The address, or a negative errno. */
  public static long mmap(
      CallState state, long address, long length, int protection, int flags, int fd, long offset) {
    try {
      long mapped =
          (long)
              Mmap.HANDLE.invokeExact(
                  state.segment, address, length, protection, flags, fd, offset);
      return mapped == -1 ? -state.errno() : mapped;
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class Munmap {
    static final MethodHandle HANDLE = Native.call("munmap", INT, LONG, LONG);
  }

  public static int munmap(CallState state, long address, long length) {
    try {
      return state.result((int) Munmap.HANDLE.invokeExact(state.segment, address, length));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }
}
