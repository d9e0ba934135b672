package gyre;

import gyre.loop.TimerNode;
import gyre.loop.TimerWheel;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The wheel with many timers alive. Time goes on by 100 ns with every operation, and the wheel is
 * advanced every 1,024 of them, so that the cost of filing pushed timers anew is counted in.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TimerBenchmark {
  private static final int RECENT = 1024;
  private static final long SECOND = 1_000_000_000;

  private static final class Node extends TimerNode {
    private TimerWheel wheel;

    @Override
    protected void fired(long nowNanos) {
      // As many stay alive.
      wheel.start(this, nowNanos, 600 * SECOND);
    }
  }

  @Param({"0", "1000000"})
  int alive;

  private TimerWheel wheel;
  private Node[] others;

  /** Used in turn: those that a busy loop has to do with. */
  private final Node[] recent = new Node[RECENT];

  private final long[] delays = new long[RECENT];
  private final int[] order = new int[1 << 16];
  private int index;
  private long now;

  @Setup(Level.Iteration)
  public void fill() {
    SplittableRandom random = new SplittableRandom(1);
    now = 0;
    wheel = new TimerWheel(now, TimerWheel.DEFAULT_TICK_NANOS);
    others = new Node[Math.max(alive, RECENT)];
    for (int i = 0; i < others.length; i++) {
      others[i] = node();
      if (alive > 0) {
        wheel.start(others[i], now, random.nextLong(SECOND, 600 * SECOND));
      }
    }
    for (int i = 0; i < RECENT; i++) {
      recent[i] = alive > 0 ? others[random.nextInt(others.length)] : others[i];
      delays[i] = random.nextLong(SECOND / 10, 60 * SECOND);
    }
    for (int i = 0; i < order.length; i++) {
      order[i] = random.nextInt(others.length);
    }
  }

  private Node node() {
    Node node = new Node();
    node.wheel = wheel;
    return node;
  }

  private int next() {
    now += 100;
    int at = index++;
    if ((at & (RECENT - 1)) == 0) {
      wheel.advance(now, RECENT);
    }
    return at;
  }

  /**
   * A timeout that is set and not needed. The nodes are new to the wheel and the caches know them.
   */
  @Benchmark
  public boolean startAndCancel(Own own) {
    int at = next() & (RECENT - 1);
    Node node = own.nodes[at];
    wheel.start(node, now, delays[at]);
    return wheel.cancel(node);
  }

  /** The idle timeouts of connections that are in use. */
  @Benchmark
  public void restartRecent() {
    wheel.restart(recent[next() & (RECENT - 1)], now, 30 * SECOND);
  }

  /** Any of those alive, which the caches do not hold: pushed away. */
  @Benchmark
  public void restartAny() {
    wheel.restart(others[order[next() & (order.length - 1)]], now, 600 * SECOND);
  }

  /** Any of those alive is cancelled, wherever it is, and started again elsewhere. */
  @Benchmark
  public void cancelAnyAndStart() {
    int at = next();
    Node node = others[order[at & (order.length - 1)]];
    wheel.cancel(node);
    wheel.start(node, now, delays[at & (RECENT - 1)]);
  }

  /** What the loop asks before it waits. */
  @Benchmark
  public long nextDeadline() {
    return wheel.nextDeadlineNanos();
  }

  /** Nodes that are not among those alive. */
  @State(Scope.Thread)
  public static class Own {
    private final Node[] nodes = new Node[RECENT];

    @Setup
    public void create() {
      for (int i = 0; i < RECENT; i++) {
        nodes[i] = new Node();
      }
    }
  }
}
