package gyre.sim.engine;

import gyre.sim.fault.Fault;
import org.jspecify.annotations.Nullable;

/** The way from one machine to another, in this direction. */
public final class Route implements Subject {
  private static final long RETRANSMIT_NANOS = 200_000_000;

  private final Universe universe;
  private final int number;
  private final Machine from;
  private final Machine to;
  private final Chance chance;

  private long leastLatencyNanos;
  private long mostLatencyNanos;

  /** What each packet takes longer, in the mean. */
  private long tailNanos;

  /** Negative: as often as the world's faults say. */
  private double loss = -1;

  /** 0: unlimited. */
  private long bytesPerSecond;

  private boolean cut;
  private long cutUntilNanos;
  private long cloggedUntilNanos;
  private long clogNanos;
  private long busyUntilNanos;

  Route(Universe universe, int number, Machine from, Machine to) {
    this.universe = universe;
    this.number = number;
    this.from = from;
    this.to = to;
    this.chance = Chance.of(universe.seed(), "route " + number);
    boolean local = from.equals(to);
    leastLatencyNanos = local ? 2_000 : 100_000;
    mostLatencyNanos = local ? 20_000 : 1_000_000;
  }

  public void setLatency(long leastNanos, long mostNanos) {
    if (leastNanos < 0 || mostNanos < leastNanos) {
      throw new IllegalArgumentException(
          "latency of " + leastNanos + " to " + mostNanos + " ns: from zero up, the lesser first");
    }
    leastLatencyNanos = leastNanos;
    mostLatencyNanos = mostNanos;
  }

  /** Adds a time that is mostly short and now and then many times as long as {@code meanNanos}. */
  public void setTail(long meanNanos) {
    if (meanNanos < 0) {
      throw new IllegalArgumentException("a tail of " + meanNanos + " ns: from zero up");
    }
    tailNanos = meanNanos;
  }

  public void setLoss(double probability) {
    loss = probability;
  }

  public void setBandwidth(long newBytesPerSecond) {
    bytesPerSecond = newBytesPerSecond;
  }

  /** Lets nothing through until it is healed. */
  public void setCut(boolean newCut) {
    cut = newCut;
    cutUntilNanos = 0;
  }

  public void cutFor(long nanos) {
    cutUntilNanos = Math.max(cutUntilNanos, universe.nowNanos() + nanos);
  }

  /** Everything takes {@code byNanos} longer for a while. */
  public void clogFor(long nanos, long byNanos) {
    cloggedUntilNanos = universe.nowNanos() + nanos;
    clogNanos = byNanos;
  }

  public boolean isCut() {
    return !universe.isEnding() && (cut || universe.nowNanos() < cutUntilNanos);
  }

  public boolean isClogged() {
    return universe.nowNanos() < cloggedUntilNanos;
  }

  boolean isLocal() {
    return from.equals(to);
  }

  /** Until a packet is there, if nothing happens to it. */
  long latencyNanos() {
    long nanos =
        mostLatencyNanos == leastLatencyNanos
            ? leastLatencyNanos
            : chance.between(leastLatencyNanos, mostLatencyNanos);
    if (tailNanos > 0) {
      nanos += (long) (tailNanos * chance.exponential());
    }
    return isClogged() ? nanos + clogNanos : nanos;
  }

  /** Until so many bytes have left, behind those before them. */
  long transmissionNanos(int bytes) {
    if (bytesPerSecond == 0) {
      return 0;
    }
    long now = universe.nowNanos();
    busyUntilNanos = Math.max(busyUntilNanos, now) + bytes * 1_000_000_000L / bytesPerSecond;
    return busyUntilNanos - now;
  }

  /** Whether a packet is lost. */
  boolean loses(@Nullable Object what) {
    if (isLocal()) {
      return false;
    }
    Chaos chaos = universe.chaos();
    double probability = loss < 0 ? chaos.probability(Fault.LOSS) : loss;
    return chaos.strikes(Fault.LOSS, probability, this, what);
  }

  /** The time that a connection needs to send again what was lost, maybe more than once. */
  long retransmissionNanos(@Nullable Object what) {
    long nanos = 0;
    for (int tries = 0; tries < 5 && loses(what); tries++) {
      nanos += RETRANSMIT_NANOS << tries;
    }
    return nanos;
  }

  public Machine from() {
    return from;
  }

  public Machine to() {
    return to;
  }

  @Override
  public int number() {
    return 1000 + number;
  }

  @Override
  public String label() {
    return name();
  }

  public String name() {
    return from.name() + "->" + to.name();
  }

  @Override
  public String toString() {
    return name() + (isCut() ? " (partitioned)" : isClogged() ? " (clogged)" : "");
  }
}
