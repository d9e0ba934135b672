package gyre.lab.program;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The CPU time of this process, all its threads, as native peers read it: one system call.
 *
 * <p>The JDK knows it by ticks of 10 ms only; and to read a file for each thread, as was done here
 * before, is 350 system calls and half a megabyte of garbage between two rounds of half a
 * millisecond, which then begin with cold caches.
 */
final class ProcessClock {
  private static final int CLOCK_PROCESS_CPUTIME_ID = 2;
  private static final long NANOS_A_SECOND = 1_000_000_000;

  @SuppressWarnings("restricted") // a clock that takes what it is given
  private static final MethodHandle CLOCK_GETTIME =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("clock_gettime"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));

  /** Seconds and nanoseconds; of the main thread, which alone asks. */
  private static final MemorySegment TIME = Arena.global().allocate(ValueLayout.JAVA_LONG, 2);

  private ProcessClock() {}

  static long cpuNanos() {
    try {
      int result = (int) CLOCK_GETTIME.invokeExact(CLOCK_PROCESS_CPUTIME_ID, TIME);
      if (result != 0) {
        throw new IllegalStateException("clock_gettime: " + result);
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e); // it declares none
    }
    return TIME.getAtIndex(ValueLayout.JAVA_LONG, 0) * NANOS_A_SECOND
        + TIME.getAtIndex(ValueLayout.JAVA_LONG, 1);
  }
}
