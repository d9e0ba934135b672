package gyre.lab.race;

import gyre.lab.peer.Peer;
import gyre.lab.workload.Kind;
import gyre.lab.workload.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What will be run, and about how long that takes: known before it starts.
 *
 * <p>All heats of a stage are kept open side by side, so that the race can go round them again and
 * again: whatever is the matter with the machine for half a minute meets a few rounds of each and
 * not all rounds of one. There is one stage if memory suffices for it.
 *
 * <p>Starting, warming and looking closer take about as long as they take. The time that is left is
 * for rounds.
 *
 * @param limit of all stages together
 */
public record Plan(List<Stage> stages, Pace pace, Duration limit) {

  /** One workload, and all who take part in it side by side. */
  public record Heat(Workload workload, List<Peer> peers) {
    private Kind.Driver driver() {
      return workload.kind().driver();
    }

    private long jvms() {
      return peers.stream().filter(Peer::isJvm).count();
    }
  }

  /** Heats that are open at the same time. */
  public record Stage(List<Heat> heats) {
    public Stage {
      heats = List.copyOf(heats);
    }
  }

  /** Timers of programs that are never to fire do so after an hour. */
  public static final Duration LONGEST = Duration.ofMinutes(50);

  /** How many peers are measured between two measurements of the one they are compared with. */
  static final int PEERS_BETWEEN = 3;

  private static final int NATIVE_START_MILLIS = 80;
  private static final int JVM_START_MILLIS = 600;

  /** How long it takes to see that a server is warm already, and to settle after others. */
  private static final int FURTHER_MILLIS = 4 * WarmUp.FURTHER_MILLIS;

  private static final int SETTLING_MILLIS = 4 * WarmUp.SETTLING_MILLIS;

  /** What a turn takes beyond running in and its length: asking for it, and its last answers. */
  private static final int TURN_OVERHEAD_MILLIS = 6;

  /** What a probe takes beyond its length: attaching, and reading the record. */
  private static final int PROBE_OVERHEAD_MILLIS = 420;

  private static final long MEBIBYTE = 1 << 20;
  private static final long JVM_BYTES = 128 * MEBIBYTE;
  private static final long NATIVE_BYTES = 4 * MEBIBYTE;

  private static final long SOCKET_BYTES = 2048;
  private static final long TIMER_BYTES = 256;

  /** Of the lab itself: it holds three pipes to each child. */
  private static final int DESCRIPTORS_A_CHILD = 3;

  /** What the programs of a race may take at the same time. */
  public record Room(long memoryBytes, long descriptors) {
    /** Half of what this machine has: a race is not to drive others out. */
    public static Room here() {
      return new Room(ProcessFiles.availableMemoryBytes() / 2, ProcessFiles.descriptors() / 2);
    }

    private boolean isEnough(List<Heat> heats) {
      return Plan.memoryBytes(heats) <= memoryBytes && Plan.children(heats) <= children();
    }

    private long children() {
      return descriptors / DESCRIPTORS_A_CHILD;
    }
  }

  /**
   * All workloads, each with those who offer it.
   *
   * @param room more than one workload is kept open only as long as they find it
   */
  public static Plan of(
      List<Workload> workloads, List<Peer> peers, Pace pace, Duration limit, Room room) {
    List<Stage> stages = new ArrayList<>();
    List<Heat> heats = new ArrayList<>();
    for (Workload workload : workloads) {
      String mode = workload.kind().peerMode();
      List<Peer> able = peers.stream().filter(peer -> peer.refusal(mode).isEmpty()).toList();
      if (able.isEmpty()) {
        continue;
      }
      heats.add(new Heat(workload, able));
      if (heats.size() > 1 && !room.isEnough(heats)) {
        stages.add(new Stage(heats.subList(0, heats.size() - 1)));
        heats = new ArrayList<>(List.of(heats.getLast()));
      }
    }
    if (!heats.isEmpty()) {
      stages.add(new Stage(heats));
    }
    return new Plan(List.copyOf(stages), pace, limit);
  }

  /** Of all their programs at the same time; about, and rather too much. */
  private static long memoryBytes(List<Heat> heats) {
    long bytes = 0;
    long serving = 0;
    for (Heat heat : heats) {
      if (heat.driver() == Kind.Driver.HOLDER) {
        continue; // each of its programs ends before the next one starts
      }
      Workload workload = heat.workload();
      long size = workload.descriptors() * SOCKET_BYTES + workload.timers() * TIMER_BYTES;
      bytes += heat.peers().size() * (NATIVE_BYTES + size);
      if (heat.driver() == Kind.Driver.ITSELF) {
        bytes += heat.jvms() * JVM_BYTES;
      } else {
        serving = Math.max(serving, heat.jvms() * JVM_BYTES); // one server for all workloads
      }
    }
    return bytes + serving;
  }

  /** At most; with the one that watches the cores, and what looks at one closer. */
  private static long children(List<Heat> heats) {
    long children = 1 + 2;
    for (Heat heat : heats) {
      boolean isDriven = heat.driver() == Kind.Driver.GENERATOR;
      children += (isDriven ? 2L : 1L) * heat.peers().size();
    }
    return children;
  }

  public List<Heat> heats() {
    return stages.stream().flatMap(stage -> stage.heats().stream()).toList();
  }

  /** About; sooner where less is enough, later where least rounds or warming take longer. */
  public Duration duration() {
    long fixed = stages.stream().mapToLong(this::fixedMillis).sum();
    long round = stages.stream().mapToLong(this::roundMillis).sum();
    long least = fixed + Pace.LEAST_ROUNDS * round;
    long most = fixed + pace.rounds() * round;
    return Duration.ofMillis(Math.min(most, Math.max(least, limit.toMillis())));
  }

  /** How long the stage at {@code index} may take if so much is left for it and for later ones. */
  long stageMillis(int index, long leftMillis) {
    List<Stage> left = stages.subList(index, stages.size());
    long fixed = left.stream().mapToLong(this::fixedMillis).sum();
    long round = left.stream().mapToLong(this::roundMillis).sum();
    Stage stage = stages.get(index);
    double share = (double) roundMillis(stage) / Math.max(1, round);
    long rounds = (long) (Math.max(0, leftMillis - fixed) * share);
    return Math.min(leftMillis, fixedMillis(stage) + rounds);
  }

  /** Of one round of all peers in each heat. */
  private long roundMillis(Stage stage) {
    return stage.heats().stream().mapToLong(this::roundMillis).sum();
  }

  /** A heat whose rounds start everything anew has none. */
  private long roundMillis(Heat heat) {
    if (heat.driver() == Kind.Driver.HOLDER) {
      return 0;
    }
    int others = heat.peers().size() - 1;
    int turns = others + others / PEERS_BETWEEN + 1;
    long measuring =
        (long) turns * (pace.runInMillis() + pace.roundMillis() + TURN_OVERHEAD_MILLIS);
    return measuring + visitMillis(heat) / Pace.ROUNDS_AT_ONCE;
  }

  /** What it takes to go on after others. */
  private static long visitMillis(Heat heat) {
    long natives = heat.peers().size() - heat.jvms();
    long settlingJvms = heat.driver() == Kind.Driver.ITSELF ? 0 : heat.jvms();
    return natives * (NATIVE_START_MILLIS + WarmUp.SETTLING_MILLIS)
        + settlingJvms * SETTLING_MILLIS;
  }

  /** Of the stage without its rounds. */
  private long fixedMillis(Stage stage) {
    long millis = 0;
    boolean isServing = false;
    for (Heat heat : stage.heats()) {
      millis += fixedMillis(heat, isServing && heat.driver() == Kind.Driver.GENERATOR);
      isServing |= heat.driver() == Kind.Driver.GENERATOR;
    }
    return millis;
  }

  /**
   * @param goesOn whether its servers have been warmed for another workload
   */
  private long fixedMillis(Heat heat, boolean goesOn) {
    long peers = heat.peers().size();
    if (heat.driver() == Kind.Driver.HOLDER) {
      long millis = heat.peers().stream().mapToLong(this::holderMillis).sum();
      return HolderLane.ROUNDS * (millis + peers * HolderLane.ROUND_MILLIS);
    }
    long millis = heat.peers().stream().mapToLong(peer -> warmMillis(peer, goesOn)).sum();
    return millis + peers * (pace.probeMillis() + PROBE_OVERHEAD_MILLIS);
  }

  private long holderMillis(Peer peer) {
    long start = peer.isJvm() ? JVM_START_MILLIS : NATIVE_START_MILLIS;
    return start + HolderLane.warmMillis(peer, pace);
  }

  private long warmMillis(Peer peer, boolean goesOn) {
    if (!peer.isJvm()) {
      return NATIVE_START_MILLIS + pace.warmMillis() / 2L;
    }
    return goesOn
        ? FURTHER_MILLIS
        : JVM_START_MILLIS + (long) pace.warmMillis() * pace.warmStretches() * 7 / 8;
  }
}
