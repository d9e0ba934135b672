package gyre.lab.result;

import java.util.List;

/**
 * One measurement of one peer in one round. {@link #UNKNOWN} marks what was not measured, which is
 * not the same as 0.
 *
 * @param operations verified operations
 * @param cpuNanos CPU time of the peer's process for all of them
 * @param heldBytes user memory held for all of them together (idle connections)
 * @param generatorCpuNanos CPU time of whoever drove the peer
 */
public record Sample(
    Place place,
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

  /** So many in peace, which lie close to each other, tell more than any number of others. */
  public static final int ENOUGH = 6;

  /**
   * When something was measured.
   *
   * @param visit rounds of one follow each other; other workloads have theirs in between
   * @param turn in the order of all measurements of the workload, of all peers
   */
  public record Moment(int visit, int round, int turn) {}

  /**
   * When it was measured, and how.
   *
   * @param process of the peer, told apart from its other ones
   * @param isDisturbed somebody else slowed the machine down meanwhile
   */
  public record Place(Moment moment, long process, boolean isDisturbed) {
    static final Place NONE = new Place(new Moment(0, 0, 0), 0, false);
  }

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
        Place.NONE,
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
  public Sample at(Place other) {
    return new Sample(
        other,
        operations,
        elapsedNanos,
        cpuNanos,
        generatorCpuNanos,
        heldBytes,
        rssBytes,
        errors,
        latency);
  }

  public int round() {
    return place.moment().round();
  }

  public int turn() {
    return place.moment().turn();
  }

  public int visit() {
    return place.moment().visit();
  }

  public long process() {
    return place.process();
  }

  public boolean isDisturbed() {
    return place.isDisturbed();
  }

  /**
   * Those that count among {@code samples}: what was measured in peace, unless that is too little.
   */
  public static List<Sample> counted(List<Sample> samples) {
    List<Sample> calm = undisturbed(samples);
    return isEnough(calm.size(), samples.size()) ? calm : samples;
  }

  /** Those that nobody disturbed. */
  public static List<Sample> undisturbed(List<Sample> samples) {
    return samples.stream().filter(sample -> !sample.isDisturbed()).toList();
  }

  /** Whether so many in peace tell more than all of them. */
  public static boolean isEnough(int calm, int all) {
    return calm >= ENOUGH || 2 * calm >= all;
  }

  /** The two as one, of the same round. */
  public Sample plus(Sample more) {
    return new Sample(
        place,
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
