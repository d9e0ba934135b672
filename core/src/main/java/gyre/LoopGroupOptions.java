package gyre;

import java.util.List;
import java.util.Objects;

/**
 * How a group of loops is set up. Immutable; each method that takes a value gives a changed copy,
 * and throws {@link IllegalArgumentException} for a value that makes no sense.
 *
 * <pre>{@code
 * LoopGroup.open(LoopGroupOptions.defaults().loops(2).cpus(List.of(2, 3)));
 * }</pre>
 */
public final class LoopGroupOptions {
  private static final int CPU_LIMIT = 8192;

  private static final LoopGroupOptions DEFAULTS =
      new LoopGroupOptions(
          Runtime.getRuntime().availableProcessors(), LoopOptions.defaults(), List.of());

  private final int loops;
  private final LoopOptions loop;
  private final List<Integer> cpus;

  private LoopGroupOptions(int loops, LoopOptions loop, List<Integer> cpus) {
    this.loops = loops;
    this.loop = loop;
    this.cpus = cpus;
  }

  /** A loop for each processor, none of them pinned. */
  public static LoopGroupOptions defaults() {
    return DEFAULTS;
  }

  /** How many loops, each with a thread of its own. */
  public LoopGroupOptions loops(int number) {
    if (number < 1) {
      throw new IllegalArgumentException("loops is " + number + ": must be at least 1");
    }
    return new LoopGroupOptions(number, loop, cpus);
  }

  /**
   * How each loop is set up. Its name followed by a hyphen and the loop's number is the name of the
   * loop and of its thread: {@code loop-0} and so on.
   */
  public LoopGroupOptions loop(LoopOptions each) {
    return new LoopGroupOptions(loops, Objects.requireNonNull(each, "loop"), cpus);
  }

  /**
   * Pins the thread of each loop to one of these processors, in turn, by their numbers in the
   * system; none unless said otherwise. It helps where caches and interrupts of a processor are to
   * serve one loop, and harms where something else wants the same processor.
   *
   * <p>On Linux, where foreign calls are allowed; elsewhere nothing is pinned, and a warning says
   * why. Opening the group throws {@link IllegalArgumentException} for a processor that this
   * process may not use. Fibers of loops in baton mode run on other threads, which are not pinned,
   * and a simulated world has no threads to pin.
   */
  public LoopGroupOptions cpus(List<Integer> numbers) {
    for (int cpu : numbers) {
      if (cpu < 0 || cpu >= CPU_LIMIT) {
        throw new IllegalArgumentException(
            "cpus is " + numbers + ": each must be between 0 and " + (CPU_LIMIT - 1));
      }
    }
    return new LoopGroupOptions(loops, loop, List.copyOf(numbers));
  }

  public int loops() {
    return loops;
  }

  public LoopOptions loop() {
    return loop;
  }

  public List<Integer> cpus() {
    return cpus;
  }

  /** The processor of a loop of the group, or -1. */
  int cpu(int index) {
    return cpus.isEmpty() ? -1 : cpus.get(index % cpus.size());
  }

  @Override
  public String toString() {
    return "LoopGroupOptions[loops=" + loops + ", cpus=" + cpus + "]";
  }
}
