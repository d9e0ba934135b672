package gyre.lab.program;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/** What this virtual machine knows of itself. */
final class Virtual {
  private static final com.sun.management.ThreadMXBean THREADS =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final MemoryMXBean MEMORY = ManagementFactory.getMemoryMXBean();

  private static final Pattern ASKED_FOR = Pattern.compile(" Other .*committed=(\\d+)");
  private static final int LOOKS = 10;
  private static final int LOOK_MILLIS = 100;
  private static final int ALIKE_BYTES = 64 << 10;

  private Virtual() {}

  /** By all threads, since the start. */
  static long allocatedBytes() {
    return THREADS.getTotalThreadAllocatedBytes();
  }

  /**
   * What the program holds: all that is reachable on the heap, and all memory off the heap that
   * Java code asked for. Not the memory of compilers and collectors, which comes and goes by
   * megabytes. Looked at until two looks agree, since what is let go of is let go of in steps.
   */
  static long heldBytes() throws InterruptedException {
    long held = lookHeldBytes();
    for (int i = 0; i < LOOKS; i++) {
      long last = held;
      Thread.sleep(LOOK_MILLIS);
      held = lookHeldBytes();
      if (Math.abs(held - last) < ALIKE_BYTES) {
        break;
      }
    }
    return held;
  }

  private static long lookHeldBytes() {
    System.gc();
    return MEMORY.getHeapMemoryUsage().getUsed() + nativeBytes();
  }

  /** Needs {@code -XX:NativeMemoryTracking=summary}. */
  private static long nativeBytes() {
    try {
      Object summary =
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  "vmNativeMemory",
                  new Object[] {new String[] {"summary", "scale=b"}},
                  new String[] {String[].class.getName()});
      Matcher asked = ASKED_FOR.matcher(summary.toString());
      return asked.find() ? Long.parseLong(asked.group(1)) : 0;
    } catch (JMException e) {
      throw new IllegalStateException("this virtual machine does not count its memory", e);
    }
  }

  /** CPU time of this thread. */
  static long threadCpuNanos() {
    return THREADS.getCurrentThreadCpuTime();
  }
}
