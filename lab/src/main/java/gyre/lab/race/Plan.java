package gyre.lab.race;

import gyre.lab.peer.Peer;
import gyre.lab.workload.Kind;
import gyre.lab.workload.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What will be run, and how long that takes: known before it starts. */
public record Plan(List<Heat> heats, Pace pace) {

  /** One workload, and all who take part in it side by side. */
  public record Heat(Workload workload, List<Peer> peers) {}

  private static final int NATIVE_START_MILLIS = 60;
  private static final int JVM_START_MILLIS = 450;

  /** What a round takes beyond running in and its length: asking for it, and its last answers. */
  private static final int ROUND_OVERHEAD_MILLIS = 5;

  /** Rounds of wake-ups count posts instead of the time, and take so many times as long. */
  private static final int WAKE_ROUNDS = 3;

  /** How much longer than planned the rounds of a heat may take. */
  private static final double PATIENCE = 3;

  /** What a probe takes beyond its length: attaching, and reading the record. */
  private static final int PROBE_OVERHEAD_MILLIS = 300;

  public static Plan of(List<Workload> workloads, List<Peer> peers, Pace pace) {
    List<Heat> heats = new ArrayList<>();
    for (Workload workload : workloads) {
      String mode = workload.kind().peerMode();
      List<Peer> able = peers.stream().filter(peer -> peer.refusal(mode).isEmpty()).toList();
      if (!able.isEmpty()) {
        heats.add(new Heat(workload, able));
      }
    }
    return new Plan(List.copyOf(heats), pace);
  }

  /** The same with fewer rounds, if need be, so that it takes no longer than {@code limit}. */
  public Plan within(Duration limit) {
    Plan plan = this;
    while (plan.duration().compareTo(limit) > 0) {
      Pace faster = plan.pace.faster();
      if (faster.equals(plan.pace)) {
        break;
      }
      plan = new Plan(heats, faster);
    }
    return plan;
  }

  public Duration duration() {
    return Duration.ofMillis(heats.stream().mapToLong(heat -> millis(heat, pace)).sum());
  }

  static long millis(Heat heat, Pace pace) {
    return heat.peers().stream()
        .mapToLong(peer -> millis(heat.workload().kind(), peer, pace))
        .sum();
  }

  private static long millis(Kind kind, Peer peer, Pace pace) {
    long start = peer.isJvm() ? JVM_START_MILLIS : NATIVE_START_MILLIS;
    long warm = (long) pace.warmMillis() * (peer.isJvm() ? pace.warmStretches() * 7 / 8 : 1);
    if (kind.driver() == Kind.Driver.HOLDER) {
      return HolderLane.ROUNDS * (start + warm + HolderLane.ROUND_MILLIS);
    }
    long rounds = roundsMillis(pace) * (kind == Kind.WAKE ? WAKE_ROUNDS : 1);
    return start + warm + rounds + pace.probeMillis() + PROBE_OVERHEAD_MILLIS;
  }

  private static long roundsMillis(Pace pace) {
    return (long) pace.rounds() * (pace.runInMillis() + pace.roundMillis() + ROUND_OVERHEAD_MILLIS);
  }

  /** Beyond that a heat has no further rounds, if it has had the least number of them. */
  long roundsNanosAtMost(Heat heat) {
    return Math.round(heat.peers().size() * roundsMillis(pace) * PATIENCE * 1e6);
  }
}
