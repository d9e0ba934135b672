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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A program that does the work by itself, one round whenever it is told to. */
final class StepLane implements Lane {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

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
    List<String> command = new ArrayList<>(peer.command());
    command.add(workload.kind().peerMode());
    command.addAll(workload.options());
    command.addAll(List.of("--step", "--warmup-ms", "0"));
    if (workload.kind() == Kind.EVENTS || workload.kind() == Kind.CASCADE) {
      command.addAll(List.of("--round-ms", Integer.toString(pace.roundMillis())));
    }
    boolean shares = workload.kind().needsAllCores();
    child = Child.start(peer.name(), shares ? command : bench.onServerCore(command));
    Lines.expectReady(child.hear(PATIENCE));
    return WarmUp.of(peer, pace).run(this::warm);
  }

  private WarmUp.Stretch warm() throws PeerFailure {
    long end = System.nanoTime() + pace.warmMillis() * 1_000_000L;
    long compiled = Sample.UNKNOWN;
    double cost = Double.MAX_VALUE;
    JsonObject json;
    do {
      json = Lines.parse(step());
      compiled = compiled == Sample.UNKNOWN ? json.getLong("compiledMillis", 0) : compiled;
      cost =
          Math.min(
              cost,
              Lines.step(workload, 0, json, Sample.UNKNOWN).values().stream()
                  .mapToDouble(Sample::elapsedNanosPerOperation)
                  .sum());
    } while (System.nanoTime() < end);
    return new WarmUp.Stretch(cost, json.getLong("compiledMillis", 0) - compiled);
  }

  /** A step of timers is over in much less than a round, and takes several to be one. */
  @Override
  public Map<String, Sample> measure(int round, int millis) throws PeerFailure {
    long end = System.nanoTime() + millis * 1_000_000L;
    Map<String, Sample> samples = step(round);
    while (workload.kind() == Kind.TIMERS && System.nanoTime() < end) {
      step(round).forEach((variant, more) -> samples.merge(variant, more, Sample::plus));
    }
    return samples;
  }

  private Map<String, Sample> step(int round) throws PeerFailure {
    return Lines.step(workload, round, Lines.parse(step()), ProcessFiles.rssBytes(pid()));
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
