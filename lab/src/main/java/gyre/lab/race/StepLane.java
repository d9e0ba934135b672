package gyre.lab.race;

import com.grack.nanojson.JsonObject;
import gyre.lab.peer.Peer;
import gyre.lab.result.Entry.Status;
import gyre.lab.result.Probe;
import gyre.lab.result.Sample;
import gyre.lab.workload.Kind;
import gyre.lab.workload.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A program that does the work by itself, one round whenever it is told to. */
final class StepLane implements Lane {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** In a round: the shorter they are, the more of them are calm. */
  private static final int STEPS = 10;

  /** Half as long again as where a generator has to run in. */
  private static final long NANOS_A_MILLI = 1_500_000;

  /** In a step: one takes 6 µs where the cores are kept awake, and 40 where they sleep. */
  private static final int ROUNDTRIPS = 75;

  private final Workload workload;
  private final Peer peer;
  private final Bench bench;
  private final Pace pace;
  private @Nullable Child child;

  StepLane(Workload workload, Peer peer, Bench bench, Pace pace) {
    this.workload = workload;
    this.peer = peer;
    this.bench = bench;
    this.pace = pace;
  }

  @Override
  public boolean open() throws PeerFailure {
    return open(WarmUp.of(peer, pace, workload.kind()));
  }

  @Override
  public boolean reopen() throws PeerFailure {
    return open(WarmUp.anew(peer, pace, workload.kind()));
  }

  private boolean open(WarmUp warmUp) throws PeerFailure {
    List<String> command = new ArrayList<>(peer.command());
    command.add(workload.kind().peerMode());
    command.addAll(workload.options());
    command.addAll(List.of("--step", "--warmup-ms", "0"));
    command.addAll(lengthOfStep());
    boolean isWarmedOnAll = workload.kind().needsAllCores() || peer.isJvm();
    child =
        Child.start(
            peer.name(), isWarmedOnAll ? bench.onBothCores(command) : bench.onServerCore(command));
    Lines.expectReady(child.hear(PATIENCE));
    boolean isWarm = warmUp.run(() -> warm(warmUp.stretchMillis()));
    if (isWarmedOnAll && !workload.kind().needsAllCores()) {
      bench.keepOnServerCore(pid()); // its compilers had the other one until now
    }
    return isWarm;
  }

  /** A step is to be shorter than a round, in which it is repeated. */
  private List<String> lengthOfStep() {
    return switch (workload.kind()) {
      case EVENTS, CASCADE, SPAWN ->
          List.of("--round-ms", Integer.toString(pace.roundMillis() / STEPS + 1));
      case WAKE ->
          workload.options().contains("roundtrip")
              ? List.of("--ops", Integer.toString(ROUNDTRIPS))
              : List.of();
      default -> List.of();
    };
  }

  private WarmUp.Stretch warm(int millis) throws PeerFailure {
    long end = System.nanoTime() + millis * 1_000_000L;
    long compiled = ProcessFiles.compilerNanos(pid());
    double cost = Double.MAX_VALUE;
    do {
      Map<String, Sample> samples = Lines.step(workload, Lines.parse(step()), Sample.UNKNOWN);
      double sum = samples.values().stream().mapToDouble(Sample::elapsedNanosPerOperation).sum();
      cost = Math.min(cost, sum);
    } while (System.nanoTime() < end);
    return new WarmUp.Stretch(cost, ProcessFiles.compilerNanos(pid()) - compiled);
  }

  /** A step, and for which share of it somebody disturbed. */
  private record Step(Map<String, Sample> samples, double disturbed) {}

  /**
   * As many steps as a round has room for. In a step there are few looks at a core: one that was
   * calm between two others that were, was so most certainly. Those count, if there are any.
   */
  @Override
  public Turn measure(int millis, Calm.Spell spell) throws PeerFailure {
    long end = System.nanoTime() + millis * NANOS_A_MILLI;
    List<Step> steps = new ArrayList<>();
    do {
      steps.add(new Step(sampled(step()), spell.disturbed()));
    } while (System.nanoTime() < end);
    List<Step> calm =
        IntStream.range(0, steps.size())
            .filter(i -> isCalm(steps, i - 1) && isCalm(steps, i) && isCalm(steps, i + 1))
            .mapToObj(steps::get)
            .toList();
    List<Step> counting = calm.isEmpty() ? steps : calm;
    Map<String, Sample> sum = new HashMap<>();
    counting.forEach(
        step -> step.samples().forEach((variant, more) -> sum.merge(variant, more, Sample::plus)));
    return new Turn(sum, pid(), counting.stream().mapToDouble(Step::disturbed).average().orElse(0));
  }

  private static boolean isCalm(List<Step> steps, int i) {
    return i < 0 || i >= steps.size() || steps.get(i).disturbed() == 0;
  }

  private Map<String, Sample> sampled(String line) throws PeerFailure {
    return Lines.step(workload, Lines.parse(line), ProcessFiles.rssBytes(pid()));
  }

  private String step() throws PeerFailure {
    Child live = Objects.requireNonNull(child);
    live.say("");
    String line = live.hear(PATIENCE);
    if (Lines.parse(line).getLong("errors", 0) > 0) {
      throw new PeerFailure(Status.WRONG, "not as it must be: " + line + "\n" + live.lastWords());
    }
    return line;
  }

  @Override
  public Probe probe(int millis) throws PeerFailure {
    return ProbeRun.of(bench.tools(), pid(), () -> worked(millis));
  }

  private ProbeRun.Done worked(int millis) throws PeerFailure {
    long end = System.nanoTime() + millis * 1_000_000L;
    long operations = 0;
    long allocated = 0;
    do {
      JsonObject json = Lines.parse(step());
      operations += Lines.operations(json);
      long more = allocatedBytes(json);
      allocated =
          more == Sample.UNKNOWN || allocated == Sample.UNKNOWN ? Sample.UNKNOWN : allocated + more;
    } while (System.nanoTime() < end);
    return new ProbeRun.Done(operations, allocated);
  }

  /** A round of timers makes its random deadlines too, which is more than what it measures. */
  private long allocatedBytes(JsonObject json) {
    return workload.kind() == Kind.TIMERS
        ? Sample.UNKNOWN
        : json.getLong("allocatedBytes", Sample.UNKNOWN);
  }

  @Override
  public long work(int millis) throws PeerFailure {
    return worked(millis).operations();
  }

  @Override
  public long pid() {
    return Objects.requireNonNull(child).pid();
  }

  @Override
  public void close() {
    if (child != null) {
      child.close();
    }
  }
}
