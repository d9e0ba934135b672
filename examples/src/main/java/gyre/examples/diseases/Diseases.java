package gyre.examples.diseases;

import gyre.Loop;
import gyre.LoopOptions;
import gyre.Task;
import java.util.Locale;

/** The programs, by what {@code gyre top} calls their diseases. */
public enum Diseases {
  BLOCKED_LOOP(BlockedLoop::sick, BlockedLoop::healthy),
  SLOW_CALLBACK(SlowCallback::sick, SlowCallback::healthy),
  FIBER_NEVER_YIELDS(NeverYields::sick, NeverYields::healthy),
  TIMER_STORM(TimerStorm::sick, TimerStorm::healthy),
  GROWING_QUEUE(GrowingQueue::sick, GrowingQueue::healthy),
  OFFLOAD_SATURATED(OffloadSaturated::sick, OffloadSaturated::healthy),
  SLOW_CONSUMER(SlowConsumer::sick, SlowConsumer::healthy),
  UNREAD_KERNEL_LIMITS(KernelLimits::sick, KernelLimits::healthy),
  POOL_EXHAUSTED(PoolExhausted::sick, PoolExhausted::healthy),
  HELD_UP(HeldUp::sick, HeldUp::healthy),
  SUSPECTED_LOST_WAKE_UP(LostWakeUp::sick, LostWakeUp::healthy),
  LEAK_SUSPECTED(Leak::sick, Leak::healthy);

  private static final int POOL_BYTES = 1 << 20;
  private static final int OFFLOAD_THREADS = 4;

  @SuppressWarnings("ImmutableEnumChecker") // references to methods
  private final Task sick;

  @SuppressWarnings("ImmutableEnumChecker")
  private final Task healthy;

  Diseases(Task sick, Task healthy) {
    this.sick = sick;
    this.healthy = healthy;
  }

  String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** For a loop in which each of them shows. */
  LoopOptions options(boolean isSick) {
    LoopOptions options =
        LoopOptions.defaults()
            .name(key() + (isSick ? "-sick" : "-healthy"))
            .offloadThreads(OFFLOAD_THREADS);
    return this == POOL_EXHAUSTED ? options.poolLimitBytes(POOL_BYTES) : options;
  }

  Task body(boolean isSick) {
    return isSick ? sick : healthy;
  }

  /** Lets go what would not end by itself. */
  static void endAll() {
    NeverYields.end();
  }

  /** Runs one of them until it is killed. */
  public static void main(String[] arguments) {
    if (arguments.length != 2 || !arguments[1].matches("sick|healthy")) {
      System.err.println("usage: diseases NAME sick|healthy");
      System.exit(2);
    }
    boolean isSick = arguments[1].equals("sick");
    Diseases chosen = valueOf(arguments[0].toUpperCase(Locale.ROOT).replace('-', '_'));
    try (Loop loop = Loop.open(chosen.options(isSick))) {
      loop.run(chosen.body(isSick));
    }
  }
}
