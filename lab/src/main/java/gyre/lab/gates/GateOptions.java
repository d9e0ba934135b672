package gyre.lab.gates;

import gyre.lab.WrongInputException;
import java.util.EnumSet;
import java.util.Set;

/**
 * What is asked of a server, and for how long. Immutable; each method gives a changed copy.
 *
 * <p>Times are limits of the whole, of which each gate gets its share.
 */
public final class GateOptions {
  /** Least time in which the gates that need load can say anything. */
  private static final int LEAST_SECONDS = 2;

  private static final int MOST_SECONDS = 24 * 3600;
  private static final int MOST_CONNECTIONS = 1_000_000;

  /** A generator tells of each connection in one line. */
  private static final int MOST_BUSY = 10_000;

  private final Set<Gate> gates;
  private final int seconds;
  private final long rate;
  private final double latencyLimitMillis;
  private final int busyConnections;
  private final int heldConnections;
  private final int messageBytes;
  private final double cpuRatioLimit;
  private final double leakLimitBytes;

  private GateOptions(
      Set<Gate> gates,
      int seconds,
      long rate,
      double latencyLimitMillis,
      int busyConnections,
      int heldConnections,
      int messageBytes,
      double cpuRatioLimit,
      double leakLimitBytes) {
    this.gates = Set.copyOf(gates);
    this.seconds = seconds;
    this.rate = rate;
    this.latencyLimitMillis = latencyLimitMillis;
    this.busyConnections = busyConnections;
    this.heldConnections = heldConnections;
    this.messageBytes = messageBytes;
    this.cpuRatioLimit = cpuRatioLimit;
    this.leakLimitBytes = leakLimitBytes;
  }

  /** All gates within two minutes. */
  public static GateOptions defaults() {
    return new GateOptions(EnumSet.allOf(Gate.class), 100, 2000, 20, 50, 10_000, 64, 3, 16);
  }

  /** Only these. */
  public GateOptions gates(Set<Gate> value) {
    check(!value.isEmpty(), "--only: at least one gate");
    return new GateOptions(
        value,
        seconds,
        rate,
        latencyLimitMillis,
        busyConnections,
        heldConnections,
        messageBytes,
        cpuRatioLimit,
        leakLimitBytes);
  }

  /** How long all of it may take. */
  public GateOptions seconds(int value) {
    checkRange("--seconds", value, LEAST_SECONDS, MOST_SECONDS);
    return new GateOptions(
        gates,
        value,
        rate,
        latencyLimitMillis,
        busyConnections,
        heldConnections,
        messageBytes,
        cpuRatioLimit,
        leakLimitBytes);
  }

  /** Requests a second at which latency is measured. */
  public GateOptions rate(long value) {
    checkRange("--rate", value, 1, 10_000_000);
    return new GateOptions(
        gates,
        seconds,
        value,
        latencyLimitMillis,
        busyConnections,
        heldConnections,
        messageBytes,
        cpuRatioLimit,
        leakLimitBytes);
  }

  /** What 99 of 100 answers must not exceed. */
  public GateOptions latencyLimitMillis(double value) {
    check(value > 0 && value <= 60_000, "--latency-ms: from above 0 to 60000");
    return new GateOptions(
        gates,
        seconds,
        rate,
        value,
        busyConnections,
        heldConnections,
        messageBytes,
        cpuRatioLimit,
        leakLimitBytes);
  }

  /** Connections that work at a time, in all gates but that of many connections. */
  public GateOptions busyConnections(int value) {
    checkRange("--connections", value, 2, MOST_BUSY);
    return new GateOptions(
        gates,
        seconds,
        rate,
        latencyLimitMillis,
        value,
        heldConnections,
        messageBytes,
        cpuRatioLimit,
        leakLimitBytes);
  }

  /** How many are to be held. */
  public GateOptions heldConnections(int value) {
    checkRange("--hold", value, 1, MOST_CONNECTIONS);
    return new GateOptions(
        gates,
        seconds,
        rate,
        latencyLimitMillis,
        busyConnections,
        value,
        messageBytes,
        cpuRatioLimit,
        leakLimitBytes);
  }

  /** Length of a message to an echo server. */
  public GateOptions messageBytes(int value) {
    checkRange("--bytes", value, 1, 65_536);
    return new GateOptions(
        gates,
        seconds,
        rate,
        latencyLimitMillis,
        busyConnections,
        heldConnections,
        value,
        cpuRatioLimit,
        leakLimitBytes);
  }

  /** How many times the CPU time of the program in C a request may take. */
  public GateOptions cpuRatioLimit(double value) {
    check(value >= 1 && value <= 10_000, "--cpu-ratio: from 1 to 10000");
    return new GateOptions(
        gates,
        seconds,
        rate,
        latencyLimitMillis,
        busyConnections,
        heldConnections,
        messageBytes,
        value,
        leakLimitBytes);
  }

  /** By how much memory may grow with each request. */
  public GateOptions leakLimitBytes(double value) {
    check(value > 0 && value <= 1e9, "--leak-bytes: from above 0 to 1000000000");
    return new GateOptions(
        gates,
        seconds,
        rate,
        latencyLimitMillis,
        busyConnections,
        heldConnections,
        messageBytes,
        cpuRatioLimit,
        value);
  }

  private static void checkRange(String option, long value, long least, long most) {
    check(value >= least && value <= most, option + ": from " + least + " to " + most);
  }

  private static void check(boolean isRight, String what) {
    if (!isRight) {
      throw new WrongInputException(what);
    }
  }

  /** Whether a generator has work to do. */
  public boolean needsLoad() {
    return !gates.equals(Set.of(Gate.CONNECTIONS));
  }

  Set<Gate> gates() {
    return gates;
  }

  int seconds() {
    return seconds;
  }

  long rate() {
    return rate;
  }

  double latencyLimitMillis() {
    return latencyLimitMillis;
  }

  int busyConnections() {
    return busyConnections;
  }

  int heldConnections() {
    return heldConnections;
  }

  int messageBytes() {
    return messageBytes;
  }

  double cpuRatioLimit() {
    return cpuRatioLimit;
  }

  double leakLimitBytes() {
    return leakLimitBytes;
  }
}
