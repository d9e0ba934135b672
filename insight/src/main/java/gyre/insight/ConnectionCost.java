package gyre.insight;

import gyre.Loop;
import gyre.LoopOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.util.ArrayList;
import java.util.List;

/**
 * How much memory an idle connection takes here: in the JVM, and in the kernel. Measured by opening
 * some in this process, both ends.
 */
public record ConnectionCost(long heapBytes, long kernelBytes) {
  /** Where nobody has measured: heap and kernel together, with some buffers. */
  static final long ASSUMED_BYTES = 8 * 1024;

  private static final int PAIRS = 1000;

  /** What the kernel takes at least for a socket, where others disturb the measurement. */
  private static final long KERNEL_BYTES_MIN = 2048;

  private static final long HEAP_BYTES_MIN = 512;

  /** Takes about a second, and 2,000 descriptors. */
  public static ConnectionCost measure(Machine machine) {
    try (Loop loop = Loop.open(LoopOptions.defaults().name("cost").insight(false))) {
      return loop.run(() -> {
        List<TcpStream> open = new ArrayList<>(2 * PAIRS);
        try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
          addPair(listener, open); // loads what is needed once
          long heap = usedHeap();
          long kernel = slabBytes(machine);
          for (int i = 0; i < PAIRS; i++) {
            addPair(listener, open);
          }
          long heapEach = (usedHeap() - heap) / (2 * PAIRS);
          long kernelEach = (slabBytes(machine) - kernel) / (2 * PAIRS);
          open.forEach(TcpStream::close);
          return new ConnectionCost(
              Math.max(heapEach, HEAP_BYTES_MIN), Math.max(kernelEach, KERNEL_BYTES_MIN));
        }
      });
    }
  }

  private static void addPair(TcpListener listener, List<TcpStream> open) throws Exception {
    open.add(TcpStream.connect(listener.address()));
    open.add(listener.accept());
  }

  private static long usedHeap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static long slabBytes(Machine machine) {
    return machine.value("/proc/meminfo", "Slab:").orElse(0) << 10;
  }

  /** Of one connection, one end. */
  public long bytes() {
    return heapBytes + kernelBytes;
  }
}
