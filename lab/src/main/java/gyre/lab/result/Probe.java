package gyre.lab.result;

/**
 * What a separate, short, instrumented run tells of a peer. It never mixes with the samples,
 * because looking costs time. NaN is what could not be had.
 */
public record Probe(
    double userShare, double systemCallsPerOperation, double allocatedBytesPerOperation) {
  public static final Probe NONE = new Probe(Double.NaN, Double.NaN, Double.NaN);
}
