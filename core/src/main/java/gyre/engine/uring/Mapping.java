package gyre.engine.uring;

import gyre.engine.EngineUnavailable;
import gyre.engine.Errno;
import gyre.sys.CallState;
import gyre.sys.LinuxMemory;
import org.jspecify.annotations.Nullable;

/** Memory from {@code mmap}, given back when nobody, the kernel included, uses it any more. */
record Mapping(long address, long bytes) {
  /** Pages count when they are touched, not when they are mapped. */
  private static final int MAP_NORESERVE = 0x4000;

  private static final int READ_WRITE = LinuxMemory.PROT_READ | LinuxMemory.PROT_WRITE;

  static Mapping anonymous(CallState calls, long bytes) {
    int flags = LinuxMemory.MAP_PRIVATE | LinuxMemory.MAP_ANONYMOUS | MAP_NORESERVE;
    return of(LinuxMemory.mmap(calls, 0, bytes, READ_WRITE, flags, -1, 0), bytes);
  }

  static Mapping ofRing(CallState calls, int ring, long offset, long bytes) {
    int flags = LinuxMemory.MAP_SHARED | LinuxMemory.MAP_POPULATE;
    return of(LinuxMemory.mmap(calls, 0, bytes, READ_WRITE, flags, ring, offset), bytes);
  }

  private static Mapping of(long address, long bytes) {
    if (address < 0) {
      throw new EngineUnavailable("no memory for rings: " + Errno.describe((int) address));
    }
    return new Mapping(address, bytes);
  }

  /** Those that were made before something failed. */
  static void unmapMade(CallState calls, @Nullable Mapping... mappings) {
    for (Mapping mapping : mappings) {
      if (mapping != null) {
        mapping.unmap(calls);
      }
    }
  }

  void unmap(CallState calls) {
    int result = LinuxMemory.munmap(calls, address, bytes);
    assert result == 0 : Errno.describe(result);
  }
}
