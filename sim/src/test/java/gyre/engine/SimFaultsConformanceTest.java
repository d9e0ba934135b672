package gyre.engine;

import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The same with all that the promises allow: late, cut, out of order, and short of memory. */
@ParameterizedClass(name = "seed {0}")
@MethodSource("seeds")
class SimFaultsConformanceTest extends SimConformance {
  SimFaultsConformanceTest(long seed) {
    // Files are asked for whole transfers here; what is made of short ones is gyre.file's matter.
    super(seed, Faults.timing().with(Fault.POOL_EXHAUSTION, 0.01).without(Fault.SHORT_TRANSFER));
  }

  /** Two of them; {@code -Dgyre.sim.seeds=100} for more. */
  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("gyre.sim.seeds", 2));
  }

  @Override
  protected boolean takesAll() {
    return false;
  }

  @Override
  protected int turnsInAFlood() {
    return 10_000;
  }
}
