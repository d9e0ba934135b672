package gyre.insight;

import gyre.Loop;
import gyre.LoopOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How much memory an idle connection takes here: in the JVM, and in the kernel. Measured by opening
 * some in this process, both ends.
 */
public record ConnectionCost(long heapBytes, long kernelBytes) {
  /** Where nobody has measured: heap and kernel together, with some buffers. */
  static final long ASSUMED_BYTES = 8 * 1024;

  private static final int PAIRS_MAX = 1000;
  private static final int PAIRS_MIN = 50;

  /** Of this process, for what else it opens. */
  private static final int OTHER_DESCRIPTORS = 200;

  /** What the kernel takes at least for a socket, where others disturb the measurement. */
  private static final long KERNEL_BYTES_MIN = 2048;

  private static final long HEAP_BYTES_MIN = 512;

  /**
   * Takes about a second, and 2,000 descriptors, or those that there are.
   *
   * @return empty where there are too few of them to measure anything
   */
  public static Optional<ConnectionCost> measure(Machine machine) {
    int pairs = pairs(machine.descriptorLimit(ProcessHandle.current().pid()).orElse(0));
    return pairs < PAIRS_MIN ? Optional.empty() : Optional.of(measure(machine, pairs));
  }

  /** How many fit below a limit of descriptors; 0 for one that is not known. */
  static int pairs(long descriptorLimit) {
    long possible = descriptorLimit == 0 ? PAIRS_MAX : (descriptorLimit - OTHER_DESCRIPTORS) / 2;
    return (int) Math.clamp(possible, 0L, PAIRS_MAX);
  }

  private static ConnectionCost measure(Machine machine, int pairs) {
    try (Loop loop = Loop.open(LoopOptions.defaults().name("cost").insight(false))) {
      return loop.run(() -> {
        List<TcpStream> open = new ArrayList<>(2 * pairs);
        try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
          addPair(listener, open); // loads what is needed once
          long heap = usedHeap();
          long kernel = slabBytes(machine);
          for (int i = 0; i < pairs; i++) {
            addPair(listener, open);
          }
          long heapEach = (usedHeap() - heap) / (2L * pairs);
          long kernelEach = (slabBytes(machine) - kernel) / (2L * pairs);
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
