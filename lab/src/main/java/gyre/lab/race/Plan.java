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

  /**
   * What a round takes beyond its length: starting the generator, connecting, letting it run in.
   */
  private static final int ROUND_OVERHEAD_MILLIS = 130;

  /** What a probe takes beyond its length: attaching, and reading the record. */
  private static final int PROBE_OVERHEAD_MILLIS = 450;

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

  /** The same with shorter rounds, if need be, so that it takes no longer than {@code limit}. */
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
    long warm = (long) pace.warmMillis() * (peer.isJvm() ? pace.warmStretches() * 3 / 4 : 1);
    if (kind.driver() == Kind.Driver.HOLDER) {
      return HolderLane.ROUNDS * (start + warm + HolderLane.ROUND_MILLIS);
    }
    long round = roundMillis(kind, pace) + ROUND_OVERHEAD_MILLIS;
    return start + warm + pace.rounds() * round + pace.probeMillis() + PROBE_OVERHEAD_MILLIS;
  }

  /** Timers and wake-ups count their operations instead of the time, and are soon done. */
  private static long roundMillis(Kind kind, Pace pace) {
    return switch (kind) {
      case TIMERS, WAKE -> Math.min(200, pace.roundMillis());
      default -> pace.roundMillis();
    };
  }
}
