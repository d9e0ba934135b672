package gyre.lab.result;

import gyre.lab.workload.Cost;
import gyre.lab.workload.Workload;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * All that is known of one peer in one variant of one workload.
 *
 * @param note why there are no samples, or what is to be said of them; empty where nothing is
 */
public record Entry(
    Workload workload,
    String variant,
    String peer,
    List<Sample> samples,
    Probe probe,
    Status status,
    String note) {

  /** What became of a peer. */
  public enum Status {
    MEASURED,
    /** Not built, not offered by this peer, or refused by this machine. */
    ABSENT,
    /** It ended or fell silent when it should have worked. */
    FAILED,
    /** It answered with other bytes than it should have. */
    WRONG
  }

  public Entry {
    samples = List.copyOf(samples);
  }

  /** What all figures are of: see {@link Sample#counted}. */
  public List<Sample> counted() {
    return Sample.counted(samples);
  }

  public String label() {
    return variant.isEmpty() ? workload.name() : workload.name() + " " + variant;
  }

  public boolean isMeasured() {
    return status == Status.MEASURED && !samples.isEmpty();
  }

  public Spread spread(ToDoubleFunction<Sample> figure) {
    return Spread.of(counted().stream().map(figure::applyAsDouble).toList());
  }

  /** The figure that peers are compared by. */
  public Spread cost() {
    return spread(cost(workload.kind().cost()));
  }

  /**
   * The cost of all rounds together: a collection or a late compilation falls into few rounds, and
   * the median does not see it.
   */
  public double meanCost() {
    ToDoubleFunction<Sample> cost = cost(workload.kind().cost());
    double all = 0;
    double operations = 0;
    for (Sample sample : counted()) {
      all += cost.applyAsDouble(sample) * sample.operations();
      operations += sample.operations();
    }
    return all / operations;
  }

  /** CPU time of whoever drove it, per operation. */
  public double generatorNanosPerOperation() {
    return spread(s -> (double) s.generatorCpuNanos() / s.operations()).median();
  }

  public static ToDoubleFunction<Sample> cost(Cost cost) {
    return switch (cost) {
      case SERVER_CPU_NANOS -> Sample::cpuNanosPerOperation;
      case ELAPSED_NANOS -> Sample::elapsedNanosPerOperation;
      case CONNECTION_BYTES -> Sample::heldBytesPerOperation;
    };
  }

  /**
   * User-space CPU time per operation: the share that the probe saw, of the time that was measured.
   */
  public double userNanosPerOperation() {
    return probe.userShare() * spread(Sample::cpuNanosPerOperation).median();
  }

  public Latency latency() {
    return Latency.merged(counted().stream().map(Sample::latency).toList());
  }

  public long errors() {
    return samples.stream().mapToLong(Sample::errors).sum();
  }

  public long rssBytes() {
    return samples.stream().mapToLong(Sample::rssBytes).max().orElse(Sample.UNKNOWN);
  }

  public boolean isGeneratorBound() {
    long bound = counted().stream().filter(Sample::isGeneratorBound).count();
    return bound * 2 > counted().size();
  }
}
