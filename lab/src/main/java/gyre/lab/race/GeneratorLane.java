package gyre.lab.race;

import gyre.lab.peer.Peer;
import gyre.lab.result.Probe;
import gyre.lab.result.Sample;
import gyre.lab.workload.Workload;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A server that stays up, with a generator whose connections stay open. */
final class GeneratorLane implements Lane {
  private final Workload workload;
  private final Peer peer;
  private final Bench bench;
  private final Servers servers;
  private final Pace pace;
  private @Nullable ServerProcess server;
  private int stretches;
  private long warmingNanos;

  /** All that was asked of it was answered: no later one takes that for its own answer. */
  private boolean sound;

  private @Nullable Generator generator;

  GeneratorLane(Workload workload, Peer peer, Bench bench, Pace pace, Servers servers) {
    this.workload = workload;
    this.peer = peer;
    this.bench = bench;
    this.pace = pace;
    this.servers = servers;
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
    sound = false;
    stretches = 0;
    warmingNanos = 0;
    String mode = workload.kind().peerMode();
    boolean isKnown = servers.isKnown(peer, mode);
    ServerProcess live = servers.start(peer, mode);
    server = live;
    boolean isWarm =
        peer.isJvm() ? warmOnBothCores(live, warmUp, isKnown) : connectAndWarm(live, warmUp);
    sound = true;
    return isWarm;
  }

  private boolean warmOnBothCores(ServerProcess live, WarmUp warmUp, boolean isKnown)
      throws PeerFailure {
    bench.letOnBothCores(live.pid());
    boolean isWarm = connectAndWarm(live, isKnown ? WarmUp.further(peer) : warmUp);
    if (!isKnown) {
      pause(); // code that has never seen the end of a connection is compiled anew when it does
      isWarm = connectAndWarm(live, warmUp);
    }
    bench.keepOnServerCore(live.pid());
    return isWarm;
  }

  private boolean connectAndWarm(ServerProcess live, WarmUp warmUp) throws PeerFailure {
    generator = Generator.start(workload, bench, live);
    return warm(warmUp);
  }

  private boolean warm(WarmUp warmUp) throws PeerFailure {
    return warmUp.run(() -> {
      long begun = System.nanoTime();
      long compiled = ProcessFiles.compilerNanos(pid());
      double cost = run(0, warmUp.stretchMillis()).cpuNanosPerOperation();
      stretches++;
      warmingNanos += System.nanoTime() - begun;
      return new WarmUp.Stretch(cost, ProcessFiles.compilerNanos(pid()) - compiled);
    });
  }

  @Override
  public String warmth() {
    return peer.isJvm()
        ? String.format(
            Locale.ROOT,
            "warmed by this workload: %d stretches of work, %.1f s in all",
            stretches,
            warmingNanos / 1e9)
        : "";
  }

  @Override
  public Turn measure(int millis, Calm.Spell spell) throws PeerFailure {
    sound = false;
    Sample sample = run(pace.runInMillis(), millis);
    sound = true;
    return new Turn(Map.of("", sample), pid(), spell.disturbed());
  }

  @Override
  public void resume() throws PeerFailure {
    ServerProcess live = Objects.requireNonNull(server);
    if (servers.hasEnded(peer, live)) {
      close();
      boolean ignored = reopen();
    } else if (generator == null) {
      sound = false;
      generator = Generator.start(workload, bench, live);
      boolean ignored = warm(WarmUp.again(peer));
      sound = true;
    }
  }

  /** A server that others use too is to have none but their connections. */
  @Override
  public void pause() {
    if (peer.isJvm() && generator != null) {
      generator.close();
      generator = null;
    }
  }

  private Sample run(int runInMillis, int millis) throws PeerFailure {
    String line = Objects.requireNonNull(generator).drive(runInMillis, millis);
    return Lines.generator(line, Objects.requireNonNull(server).rssBytes());
  }

  /** Without running in, so that what is seen belongs to the operations that are counted. */
  @Override
  public Probe probe(int millis) throws PeerFailure {
    ServerProcess live = Objects.requireNonNull(server);
    sound = false;
    Probe probe =
        ProbeRun.of(
            bench.tools(),
            pid(),
            () -> {
              long before = live.allocatedBytes();
              long operations = run(0, millis).operations();
              return new ProbeRun.Done(
                  operations, Sample.difference(before, live.allocatedBytes()));
            });
    sound = true;
    return probe;
  }

  @Override
  public long work(int millis) throws PeerFailure {
    return run(0, millis).operations();
  }

  @Override
  public long pid() {
    return Objects.requireNonNull(server).pid();
  }

  @Override
  public void close() {
    if (generator != null) {
      generator.close();
    }
    ServerProcess live = server;
    server = null;
    if (live != null && sound) {
      servers.leave(live);
    } else if (live != null) {
      servers.end(live);
    }
  }
}
