package gyre.lab.race;

import gyre.lab.peer.Peer;
import gyre.lab.result.Probe;
import gyre.lab.result.Sample;
import gyre.lab.workload.Workload;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A server that stays up, driven by a generator that comes anew for each round. */
final class GeneratorLane implements Lane {
  /** What a fresh generator needs to have all its connections in the swing. */
  private static final int RUN_IN_MILLIS = 50;

  /** Compilers that take more of the time than this are not done. */
  private static final double COMPILING = 0.05;

  private final Workload workload;
  private final Peer peer;
  private final Bench bench;
  private final Pace pace;
  private @Nullable ServerProcess server;

  GeneratorLane(Workload workload, Peer peer, Bench bench, Pace pace) {
    this.workload = workload;
    this.peer = peer;
    this.bench = bench;
    this.pace = pace;
  }

  @Override
  public void open() throws PeerFailure {
    ServerProcess live = ServerProcess.start(peer, workload.kind().peerMode(), bench);
    server = live;
    int stretches = peer.isJvm() ? pace.warmStretches() : 1;
    Warmth warmth = new Warmth();
    for (int i = 0; i < stretches; i++) {
      long compiled = live.compiledMillis();
      Sample sample = run(0, 0, pace.warmMillis());
      boolean compiles = live.compiledMillis() - compiled > pace.warmMillis() * COMPILING;
      if (warmth.isWarmAfter(sample.cpuNanosPerOperation()) && !compiles) {
        break;
      }
    }
  }

  @Override
  public Map<String, Sample> measure(int round, int millis) throws PeerFailure {
    return Map.of("", run(round, RUN_IN_MILLIS, millis));
  }

  private Sample run(int round, int runInMillis, int millis) throws PeerFailure {
    ServerProcess live = Objects.requireNonNull(server);
    String line = GeneratorRun.of(workload, bench, live, runInMillis, millis);
    return Lines.generator(round, line, live.rssBytes());
  }

  /** Without running in, so that what is counted belongs to the operations that are counted. */
  @Override
  public Probe probe(int millis) throws PeerFailure {
    ServerProcess live = Objects.requireNonNull(server);
    try (ProbeRun probe = ProbeRun.start(bench.tools(), pid())) {
      long before = live.allocatedBytes();
      long operations = run(0, 0, millis).operations();
      return probe.end(operations, Sample.difference(before, live.allocatedBytes()));
    }
  }

  @Override
  public long work(int millis) throws PeerFailure {
    return run(0, 0, millis).operations();
  }

  @Override
  public long pid() {
    return Objects.requireNonNull(server).pid();
  }

  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
  }
}
