package gyre.lab.race;

import gyre.lab.peer.Peer;
import gyre.lab.result.Entry.Status;
import gyre.lab.result.Latency;
import gyre.lab.result.Probe;
import gyre.lab.result.Sample;
import gyre.lab.workload.Kind;
import gyre.lab.workload.Workload;
import gyre.lab.workload.Workloads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Holds idle connections and looks at what that costs. Each round starts the peer anew: memory that
 * was taken once for connections is kept for the next ones, so that only the first round would
 * count.
 */
final class HolderLane implements Lane {
  static final int ROUNDS = 2;
  static final int ROUND_MILLIS = 1700;

  private static final int QUIET_MILLIS = 600;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Workload workload;
  private final Peer peer;
  private final Bench bench;
  private final Pace pace;
  private @Nullable ServerProcess server;

  HolderLane(Workload workload, Peer peer, Bench bench, Pace pace) {
    this.workload = workload;
    this.peer = counting(peer);
    this.bench = bench;
    this.pace = pace;
  }

  /** A JVM that counts its memory. */
  private static Peer counting(Peer peer) {
    if (!peer.isJvm()) {
      return peer;
    }
    List<String> command = new ArrayList<>(peer.command());
    command.add(1, "-XX:NativeMemoryTracking=summary");
    return new Peer(peer.name(), peer.platform(), command, peer.modes(), peer.version(), "");
  }

  @Override
  public int roundsAtMost() {
    return ROUNDS;
  }

  @Override
  public boolean open() throws PeerFailure {
    return true; // each round opens for itself
  }

  @Override
  public Turn measure(int millis, Calm.Spell spell) throws PeerFailure {
    try {
      return measure();
    } finally {
      close();
    }
  }

  private Turn measure() throws PeerFailure {
    ServerProcess live = ServerProcess.start(peer, workload.kind().peerMode(), bench);
    server = live;
    warm(live);
    // What the first ones make a process do once, such as compiling, is no cost of a connection.
    int half = Math.max(1, workload.descriptors() / 2);
    try (Child first = hold(live, half)) {
      Lines.expectReady(first.hear(PATIENCE));
      long before = live.userBytes();
      try (Child second = hold(live, half)) {
        Lines.expectReady(second.hear(PATIENCE));
        Map<String, Sample> held = quiet(live, half, Sample.difference(before, live.userBytes()));
        checkAnswering(first);
        checkAnswering(second);
        return new Turn(held, live.pid(), 0); // memory is the same, whoever else is at work
      }
    }
  }

  /** Connections that were dropped cost nothing. */
  private static void checkAnswering(Child holder) throws PeerFailure {
    holder.endInput();
    String line = holder.hear(PATIENCE);
    if (Lines.parse(line).getLong("errors", 0) > 0) {
      throw new PeerFailure(Status.WRONG, "idle connections are not kept: " + holder.lastWords());
    }
  }

  /** What they cost while nothing happens. */
  private static Map<String, Sample> quiet(ServerProcess live, long connections, long heldBytes)
      throws PeerFailure {
    long cpu = ProcessFiles.cpuNanos(live.pid());
    stayIdle();
    cpu = ProcessFiles.cpuNanos(live.pid()) - cpu;
    return Map.of(
        "",
        Sample.unplaced(
            connections,
            QUIET_MILLIS * 1_000_000L,
            cpu,
            0,
            heldBytes,
            live.rssBytes(),
            0,
            Latency.empty()));
  }

  /**
   * Everything compiled and every fixed pool filled, before anything is counted. Native servers go
   * through megabytes of buffers before they come to the first one again; on a JVM, fibers and
   * threads that begin or wait in interpreted code keep larger stacks.
   */
  private void warm(ServerProcess live) throws PeerFailure {
    int millis = warmMillis(peer, pace);
    int echoing = peer.isJvm() ? millis / 5 : millis / 2;
    if (peer.isJvm()) {
      bench.letOnBothCores(live.pid());
    }
    warm(live, peer.isJvm() ? "echo/50x64x1" : "echo/50x64x16", echoing);
    warm(live, "connect", millis - echoing);
    if (peer.isJvm()) {
      bench.keepOnServerCore(live.pid());
    }
  }

  /** Of each round. */
  static int warmMillis(Peer peer, Pace pace) {
    return peer.isJvm() ? pace.warmMillis() * pace.warmStretches() * 5 / 4 : pace.warmMillis() * 2;
  }

  private void warm(ServerProcess live, String name, int millis) throws PeerFailure {
    Workload work = Workloads.select(List.of(name)).getFirst();
    assert work.kind().driver() == Kind.Driver.GENERATOR;
    try (Generator generator = Generator.start(work, bench, live)) {
      generator.drive(0, millis);
    }
  }

  private Child hold(ServerProcess live, int connections) throws PeerFailure {
    List<String> command = new ArrayList<>(bench.generator());
    command.add(workload.kind().generatorMode());
    command.addAll(List.of("--port", Integer.toString(live.port())));
    List<String> options = new ArrayList<>(workload.options());
    options.set(options.indexOf("--connections") + 1, Integer.toString(connections));
    command.addAll(options);
    return Child.start("generator", bench.onGeneratorCore(command));
  }

  private static void stayIdle() {
    try {
      Thread.sleep(QUIET_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public Probe probe(int millis) {
    return Probe.NONE;
  }

  @Override
  public long work(int millis) throws PeerFailure {
    throw new PeerFailure(Status.ABSENT, "holding idle connections is no work to look at");
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
