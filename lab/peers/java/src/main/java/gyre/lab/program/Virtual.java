package gyre.lab.program;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this virtual machine knows of itself. */
final class Virtual {
  private static final com.sun.management.ThreadMXBean THREADS =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final MemoryMXBean MEMORY = ManagementFactory.getMemoryMXBean();

  private Virtual() {}

  /** By all threads, since the start. */
  static long allocatedBytes() {
    return THREADS.getTotalThreadAllocatedBytes();
  }

  /** Time that compilers have taken, on their own threads. */
  static long compiledMillis() {
    return ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
  }

  /** What is reachable on the heap, after looking for what is not. */
  static long liveHeapBytes() {
    System.gc();
    return MEMORY.getHeapMemoryUsage().getUsed();
  }

  /** CPU time of this thread. */
  static long threadCpuNanos() {
    return THREADS.getCurrentThreadCpuTime();
  }

  /** CPU time of all threads, finer than the ticks that the JDK counts in. */
  static long cpuNanos() {
    long total = 0;
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (Path thread : threads) {
        total += nanos(thread);
      }
    } catch (IOException e) {
      return 0;
    }
    return total;
  }

  private static long nanos(Path thread) {
    try {
      String times = Files.readString(thread.resolve("schedstat"));
      return Long.parseLong(times.substring(0, times.indexOf(' ')));
    } catch (IOException e) {
      return 0; // It ended in this moment.
    }
  }
}
