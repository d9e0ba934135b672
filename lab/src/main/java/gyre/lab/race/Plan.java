package gyre.lab.race;

import gyre.lab.peer.Peer;
import gyre.lab.workload.Kind;
import gyre.lab.workload.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What will be run, and about how long that takes: known before it starts.
 *
 * <p>Everything but the rounds takes about as long as it takes. The time that is left is for
 * rounds: some workloads repeat within one percent and need few, others differ by twenty from one
 * round to the next. So each heat may take more than its share of what is left, and leaves to later
 * ones what it does not need.
 *
 * @param limit of all heats together; rounds that were asked for by number have none
 */
public record Plan(List<Heat> heats, Pace pace, Duration limit) {

  /** One workload, and all who take part in it side by side. */
  public record Heat(Workload workload, List<Peer> peers) {}

  /** So long that it is none. */
  public static final Duration UNLIMITED = Duration.ofDays(1);

  /** How many peers are measured between two measurements of the one they are compared with. */
  static final int PEERS_BETWEEN = 3;

  /**
   * So many times its share of the time a heat may take, as long as half of theirs is left to
   * others.
   */
  private static final int GREED = 2;

  private static final int NATIVE_START_MILLIS = 80;
  private static final int JVM_START_MILLIS = 600;

  /** How many stretches it takes to see that a server is warm already. */
  private static final int WARM_STRETCHES = 4;

  /** What a turn takes beyond running in and its length: asking for it, and its last answers. */
  private static final int TURN_OVERHEAD_MILLIS = 6;

  /** What a probe takes beyond its length: attaching, and reading the record. */
  private static final int PROBE_OVERHEAD_MILLIS = 420;

  public static Plan of(List<Workload> workloads, List<Peer> peers, Pace pace, Duration limit) {
    List<Heat> heats = new ArrayList<>();
    for (Workload workload : workloads) {
      String mode = workload.kind().peerMode();
      List<Peer> able = peers.stream().filter(peer -> peer.refusal(mode).isEmpty()).toList();
      if (!able.isEmpty()) {
        heats.add(new Heat(workload, able));
      }
    }
    return new Plan(List.copyOf(heats), pace, limit);
  }

  /** About; sooner where less is enough, later where least rounds or warming take longer. */
  public Duration duration() {
    long fixed = fixedMillisFrom(0);
    long least = fixed + Pace.LEAST_ROUNDS * roundMillisFrom(0);
    long most = fixed + pace.rounds() * roundMillisFrom(0);
    return Duration.ofMillis(Math.min(most, Math.max(least, limit.toMillis())));
  }

  /**
   * How long the rounds of the heat at {@code index} may take, when its peers are warm and so much
   * is left for it and for all that come after it.
   */
  long roundsMillis(int index, long leftMillis) {
    long later = fixedMillisFrom(index + 1);
    long free = Math.max(0, leftMillis - probesMillis(heats.get(index)) - later);
    double share = (double) roundMillis(heats.get(index)) / Math.max(1, roundMillisFrom(index));
    double leavingHalfOfTheirs = (1 + share) / 2;
    return (long) (free * Math.min(leavingHalfOfTheirs, GREED * share));
  }

  private long roundMillisFrom(int index) {
    return heats.subList(index, heats.size()).stream().mapToLong(this::roundMillis).sum();
  }

  /** Of one round of all peers; a heat whose rounds start everything anew has none. */
  private long roundMillis(Heat heat) {
    if (heat.workload().kind().driver() == Kind.Driver.HOLDER) {
      return 0;
    }
    int others = heat.peers().size() - 1;
    int turns = others + others / PEERS_BETWEEN + 1;
    return (long) turns * (pace.runInMillis() + pace.roundMillis() + TURN_OVERHEAD_MILLIS);
  }

  private long fixedMillisFrom(int index) {
    return IntStream.range(index, heats.size()).mapToLong(this::fixedMillis).sum();
  }

  /** Of the heat at {@code index} without its rounds. */
  long fixedMillis(int index) {
    Heat heat = heats.get(index);
    Kind.Driver driver = heat.workload().kind().driver();
    boolean goesOn =
        index > 0
            && driver == Kind.Driver.GENERATOR
            && heats.get(index - 1).workload().kind().driver() == driver;
    long millis = heat.peers().stream().mapToLong(peer -> warmMillis(peer, goesOn)).sum();
    return driver == Kind.Driver.HOLDER
        ? HolderLane.ROUNDS * (millis + (long) heat.peers().size() * HolderLane.ROUND_MILLIS)
        : millis + probesMillis(heat);
  }

  /**
   * @param goesOn whether it has been warmed for the workload before
   */
  private long warmMillis(Peer peer, boolean goesOn) {
    if (!peer.isJvm()) {
      return NATIVE_START_MILLIS + pace.warmMillis() / 2L;
    }
    return goesOn
        ? (long) pace.warmMillis() * WARM_STRETCHES
        : JVM_START_MILLIS + (long) pace.warmMillis() * pace.warmStretches() * 7 / 8;
  }

  /** Of looking closer at all of them. */
  long probesMillis(Heat heat) {
    return heat.workload().kind().driver() == Kind.Driver.HOLDER
        ? 0
        : (long) heat.peers().size() * (pace.probeMillis() + PROBE_OVERHEAD_MILLIS);
  }
}
