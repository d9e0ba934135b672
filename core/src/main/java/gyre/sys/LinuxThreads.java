package gyre.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/** What a thread may ask of the scheduler; rare calls, which may allocate. */
public final class LinuxThreads {
  /** As many processors as a mask has bits. */
  public static final int CPUS_LIMIT = 8192;

  private static final int MASK_BYTES = CPUS_LIMIT / Byte.SIZE;

  private LinuxThreads() {}

  /** Has the calling thread run on one processor alone; 0, or a negative errno. */
  public static int pin(int cpu) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mask = arena.allocate(MASK_BYTES, Long.BYTES);
      long word = mask.address() + (long) (cpu / Long.SIZE) * Long.BYTES;
      Memory.putLong(word, 1L << cpu);
      return Syscall.call(
          new CallState(arena), Syscall.SCHED_SETAFFINITY, 0, MASK_BYTES, mask.address());
    }
  }

  /** The processors that the calling thread may run on; empty if the kernel does not tell. */
  public static BitSet cpus() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mask = arena.allocate(MASK_BYTES, Long.BYTES);
      int bytes =
          Syscall.call(
              new CallState(arena), Syscall.SCHED_GETAFFINITY, 0, MASK_BYTES, mask.address());
      long[] words = new long[Math.max(bytes, 0) / Long.BYTES];
      for (int i = 0; i < words.length; i++) {
        words[i] = Memory.getLong(mask.address() + (long) i * Long.BYTES);
      }
      return BitSet.valueOf(words);
    }
  }
}
