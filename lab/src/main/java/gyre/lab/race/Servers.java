package gyre.lab.race;

import gyre.lab.peer.Peer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Servers that go on from one workload to the next. Those on a JVM do: to warm one takes longer
 * than to measure it. A native one is started for each workload.
 */
final class Servers implements AutoCloseable {
  private final Bench bench;
  private final Map<String, ServerProcess> resting = new ConcurrentHashMap<>();

  Servers(Bench bench) {
    this.bench = bench;
  }

  /** One that rests, or else a new one. */
  ServerProcess start(Peer peer, String mode) throws PeerFailure {
    ServerProcess known = resting.remove(key(peer, mode));
    return known == null ? ServerProcess.start(peer, mode, bench) : known;
  }

  /** Nobody needs it for the moment, and nothing was wrong with it. */
  void rest(Peer peer, String mode, ServerProcess server) {
    if (peer.isJvm()) {
      resting.put(key(peer, mode), server);
    } else {
      server.close();
    }
  }

  private static String key(Peer peer, String mode) {
    return peer.name() + " " + mode;
  }

  /** Ends those that rest. */
  void end() {
    resting.values().forEach(ServerProcess::close);
    resting.clear();
  }

  @Override
  public void close() {
    end();
  }
}
