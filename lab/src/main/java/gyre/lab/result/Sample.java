package gyre.lab.result;

import java.util.List;

/**
 * One measurement of one peer in one round. {@link #UNKNOWN} marks what was not measured, which is
 * not the same as 0.
 *
 * @param turn its place in the order of all measurements of the workload, of all peers
 * @param operations verified operations
 * @param cpuNanos CPU time of the peer's process for all of them
 * @param heldBytes user memory held for all of them together (idle connections)
 * @param generatorCpuNanos CPU time of whoever drove the peer
 */
public record Sample(
    int round,
    int turn,
    long operations,
    long elapsedNanos,
    long cpuNanos,
    long generatorCpuNanos,
    long heldBytes,
    long rssBytes,
    long errors,
    Latency latency) {
  public static final long UNKNOWN = -1;

  /** A generator this busy is what limits the rate. */
  private static final double BUSY = 0.9;

  /** One that has no place yet. */
  public static Sample unplaced(
      long operations,
      long elapsedNanos,
      long cpuNanos,
      long generatorCpuNanos,
      long heldBytes,
      long rssBytes,
      long errors,
      Latency latency) {
    return new Sample(
        0,
        0,
        operations,
        elapsedNanos,
        cpuNanos,
        generatorCpuNanos,
        heldBytes,
        rssBytes,
        errors,
        latency);
  }

  /** The same in another place. */
  public Sample at(int otherRound, int otherTurn) {
    return new Sample(
        otherRound,
        otherTurn,
        operations,
        elapsedNanos,
        cpuNanos,
        generatorCpuNanos,
        heldBytes,
        rssBytes,
        errors,
        latency);
  }

  /** The two as one, of the same round. */
  public Sample plus(Sample more) {
    return new Sample(
        round,
        turn,
        operations + more.operations,
        elapsedNanos + more.elapsedNanos,
        sum(cpuNanos, more.cpuNanos),
        sum(generatorCpuNanos, more.generatorCpuNanos),
        more.heldBytes,
        more.rssBytes,
        errors + more.errors,
        Latency.merged(List.of(latency, more.latency)));
  }

  private static long sum(long one, long other) {
    return one == UNKNOWN || other == UNKNOWN ? UNKNOWN : one + other;
  }

  public double operationsPerSecond() {
    return perNano(operations, elapsedNanos) * 1e9;
  }

  public double cpuNanosPerOperation() {
    return per(cpuNanos);
  }

  public double elapsedNanosPerOperation() {
    return per(elapsedNanos);
  }

  public double heldBytesPerOperation() {
    return per(heldBytes);
  }

  /** Whether the driver was at its limit while the peer was not: then the rate says little. */
  public boolean isGeneratorBound() {
    return perNano(generatorCpuNanos, elapsedNanos) > BUSY && cpuNanos < generatorCpuNanos;
  }

  /** What was added, if both are known. */
  public static long difference(long before, long after) {
    return before == UNKNOWN || after == UNKNOWN ? UNKNOWN : after - before;
  }

  private double per(long total) {
    return total == UNKNOWN || operations <= 0 ? Double.NaN : (double) total / operations;
  }

  private static double perNano(long total, long nanos) {
    return total == UNKNOWN || nanos <= 0 ? Double.NaN : (double) total / nanos;
  }
}
