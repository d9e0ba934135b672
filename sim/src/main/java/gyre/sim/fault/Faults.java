package gyre.sim.fault;

import java.util.Set;

/**
 * Which faults a world has, and how often. Immutable; each method gives a changed copy.
 *
 * <pre>{@code
 * Faults.none().with(Fault.RESET, 0.001).with(Fault.SHORT_SEND, 0.2)
 * Faults.all().without(Fault.CRASH)
 * }</pre>
 *
 * <p>A probability is per opportunity: per send, per packet, per connect. For {@link Fault#CLOG},
 * {@link Fault#PARTITION}, {@link Fault#CRASH} and {@link Fault#CLOCK_STEP} it is per second of
 * virtual time and host or pair of hosts.
 */
@SuppressWarnings("EnumOrdinal") // an index of arrays of this run, and of nothing that lasts
public final class Faults {
  private static final Faults NONE = new Faults(new double[Fault.values().length]);

  private final double[] probabilities;

  private Faults(double[] probabilities) {
    this.probabilities = probabilities;
  }

  /** A world in which nothing goes wrong, and the kernel is at its most obliging. */
  public static Faults none() {
    return NONE;
  }

  /**
   * What a program must not even notice: how completions are timed, cut and ordered. No connection
   * breaks, and nothing is lost for good.
   */
  public static Faults timing() {
    return NONE.with(Fault.SHORT_SEND, 0.1)
        .with(Fault.SHORT_RECEIVE, 0.1)
        .with(Fault.SMALL_BUFFERS, 0.1)
        .with(Fault.FULL_BUFFER, 0.3)
        .with(Fault.LATE_COMPLETION, 0.1)
        .with(Fault.REORDERED_COMPLETIONS, 0.3)
        .with(Fault.LATE_CANCEL, 0.3)
        .with(Fault.STALL, 0.001)
        .with(Fault.REORDERING, 0.05)
        .with(Fault.SHORT_TRANSFER, 0.2)
        .with(Fault.PARTIAL_SUBMISSION, 0.05)
        .with(Fault.MISSED_CANCEL, 0.1)
        .with(Fault.LAST_SHOT, 0.05)
        .with(Fault.SPURIOUS_EVENT, 0.1)
        .with(Fault.INTERRUPTED_CALL, 0.05);
  }

  /** Everything, each rarely enough that programs still get somewhere. */
  public static Faults all() {
    return timing()
        .with(Fault.EARLY_END, 0.002)
        .with(Fault.POOL_EXHAUSTION, 0.002)
        .with(Fault.ACCEPT_ERROR, 0.02)
        .with(Fault.CONNECT_ERROR, 0.02)
        .with(Fault.SEND_ERROR, 0.001)
        .with(Fault.RECEIVE_ERROR, 0.001)
        .with(Fault.CALL_ERROR, 0.005)
        .with(Fault.REFUSED_CONNECT, 0.02)
        .with(Fault.BLACK_HOLED_CONNECT, 0.01)
        .with(Fault.RESET, 0.001)
        .with(Fault.LOSS, 0.01)
        .with(Fault.DUPLICATION, 0.01)
        .with(Fault.CLOG, 0.02)
        .with(Fault.PARTITION, 0.01)
        .with(Fault.CRASH, 0.005)
        .with(Fault.CLOCK_STEP, 0.01)
        .with(Fault.CLOCK_DRIFT, 0.5)
        .with(Fault.FILE_ERROR, 0.005)
        .with(Fault.DISK_FULL, 0.005)
        .with(Fault.TORN_WRITE, 0.5)
        .with(Fault.SPAWN_ERROR, 0.02)
        .with(Fault.CHILD_DEATH, 0.02);
  }

  public Faults with(Fault kind, double probability) {
    if (!(probability >= 0 && probability <= 1)) {
      throw new IllegalArgumentException(
          "probability of " + kind + " is " + probability + ": valid is 0 to 1");
    }
    double[] changed = probabilities.clone();
    changed[kind.ordinal()] = probability;
    return new Faults(changed);
  }

  public Faults without(Fault kind) {
    return with(kind, 0);
  }

  public Faults without(Set<Fault> kinds) {
    Faults left = this;
    for (Fault kind : Fault.values()) {
      if (kinds.contains(kind)) {
        left = left.without(kind);
      }
    }
    return left;
  }

  /** Everything that many times as often. */
  public Faults times(double factor) {
    Faults scaled = this;
    for (Fault kind : Fault.values()) {
      scaled = scaled.with(kind, Math.min(1, probability(kind) * factor));
    }
    return scaled;
  }

  public double probability(Fault kind) {
    return probabilities[kind.ordinal()];
  }

  public boolean has(Fault kind) {
    return probability(kind) > 0;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Fault kind : Fault.values()) {
      if (has(kind)) {
        text.append(text.isEmpty() ? "" : ", ").append(kind).append(' ').append(probability(kind));
      }
    }
    return text.isEmpty() ? "none" : text.toString();
  }
}
