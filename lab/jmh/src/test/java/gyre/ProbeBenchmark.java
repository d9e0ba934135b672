package gyre;

import gyre.probe.ProbeFile;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What insight costs for a callback: its delay in the queue, its duration, its kind's histogram and
 * the counters, into the file that others read. A reading of the clock is part of it, and stands
 * alone beside it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ProbeBenchmark {
  private ProbeFile.Slot slot;
  private gyre.probe.Probe probe;
  private int kind;

  @Setup
  public void open() {
    slot =
        Objects.requireNonNull(
            ProbeFile.take("benchmark", "none", "none", "", System.nanoTime()), "no slot is free");
    probe = slot.probe();
    kind = probe.kind("timer");
    probe.waits(System.nanoTime(), true);
    probe.turnBegins(System.nanoTime(), Long.MAX_VALUE, 0, 0);
  }

  @TearDown
  public void close() {
    ProbeFile.giveBack(slot);
  }

  @Benchmark
  public long callback() {
    probe.callbackBegins();
    long now = System.nanoTime();
    probe.callbackEnded(now, kind, this);
    return now;
  }

  @Benchmark
  public long fiber() {
    probe.fiberBegins();
    long now = System.nanoTime();
    probe.fiberRan(now, this);
    return now;
  }

  @Benchmark
  public long clockAlone() {
    return System.nanoTime();
  }
}
