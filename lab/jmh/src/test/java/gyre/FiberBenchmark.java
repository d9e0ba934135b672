package gyre;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Fibers on a loop that the benchmark drives: many of them per turn, so that the turn and its
 * system call cost little beside them.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class FiberBenchmark {
  private static final int FIBERS = 100;
  private static final int ROUNDS = 100;

  private Loop loop;
  private final Fiber<?>[] parked = new Fiber<?>[FIBERS];
  private final Gate[] gates = new Gate[FIBERS];
  private int resumed;
  private int ended;
  private boolean closing;

  @Setup
  public void open() {
    loop = Loop.open();
    for (int i = 0; i < FIBERS; i++) {
      parked[i] = loop.start("parked", this::parkAgainAndAgain);
      Gate gate = new Gate();
      gates[i] = gate;
      loop.start("awaiting", () -> awaitAgainAndAgain(gate));
    }
    loop.driver().turn(Duration.ZERO);
  }

  /** A level for one fiber, as the bytes of a stream are. */
  private static final class Gate extends WaitPoint {
    private boolean isOpen;

    @Override
    public boolean isReady() {
      return isOpen;
    }

    @Override
    public String doing() {
      return "waiting at a gate";
    }
  }

  private void awaitAgainAndAgain(Gate gate) {
    while (!closing) {
      Fiber.await(gate);
      gate.isOpen = false;
      resumed++;
    }
  }

  private void parkAgainAndAgain() {
    while (!closing) {
      Fiber.park();
      resumed++;
    }
  }

  @TearDown
  public void close() {
    closing = true;
    loop.close();
  }

  /** Each of the parked fibers is resumed and parks again. */
  @Benchmark
  @OperationsPerInvocation(FIBERS * ROUNDS)
  public int parkAndResume() {
    return loop.run(() -> {
      for (int round = 0; round < ROUNDS; round++) {
        int expected = resumed + FIBERS;
        for (Fiber<?> fiber : parked) {
          fiber.unpark();
        }
        while (resumed != expected) {
          Fiber.yield();
        }
      }
      return resumed;
    });
  }

  /** Each of the fibers waits for a source, which becomes ready, and waits again. */
  @Benchmark
  @OperationsPerInvocation(FIBERS * ROUNDS)
  public int awaitAndWake() {
    return loop.run(() -> {
      for (int round = 0; round < ROUNDS; round++) {
        int expected = resumed + FIBERS;
        for (Gate gate : gates) {
          gate.isOpen = true;
          gate.wakeFirst();
        }
        while (resumed != expected) {
          Fiber.yield();
        }
      }
      return resumed;
    });
  }

  /** Fibers that have nothing to do. */
  @Benchmark
  @OperationsPerInvocation(FIBERS * ROUNDS)
  public int startAndEnd() {
    return loop.run(() -> {
      for (int round = 0; round < ROUNDS; round++) {
        int expected = ended + FIBERS;
        for (int i = 0; i < FIBERS; i++) {
          Fiber.start("short", () -> ended++);
        }
        while (ended != expected) {
          Fiber.yield();
        }
      }
      return ended;
    });
  }

  /** A turn with nothing to do, driven from outside, with the checks that this entails. */
  @Benchmark
  public boolean turn() {
    return loop.driver().turn(Duration.ZERO);
  }
}
