package gyre.lab.race;

import gyre.lab.peer.Peer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Servers that several workloads use in turn. Those on a JVM do: to warm one takes longer than to
 * measure it. A native one is started for each workload.
 */
final class Servers implements AutoCloseable {
  private final Bench bench;

  /** Those on a JVM with which nothing is wrong. */
  private final Map<String, ServerProcess> shared = new HashMap<>();

  Servers(Bench bench) {
    this.bench = bench;
  }

  /** Whether there is one that has worked before. */
  boolean isKnown(Peer peer, String mode) {
    return known(peer, mode).isPresent();
  }

  private synchronized Optional<ServerProcess> known(Peer peer, String mode) {
    return Optional.ofNullable(shared.get(key(peer, mode))).filter(ServerProcess::isAlive);
  }

  /** One that is there, or else a new one. */
  synchronized ServerProcess start(Peer peer, String mode) throws PeerFailure {
    Optional<ServerProcess> known = known(peer, mode);
    if (known.isPresent()) {
      return known.get();
    }
    ServerProcess started = ServerProcess.start(peer, mode, bench);
    if (peer.isJvm()) {
      shared.put(key(peer, mode), started);
    }
    return started;
  }

  /** Whether it has ended, or was ended, at another workload. */
  synchronized boolean hasEnded(Peer peer, ServerProcess server) {
    return peer.isJvm() && !(shared.containsValue(server) && server.isAlive());
  }

  /** A workload is done with it; others may not be. */
  void leave(ServerProcess server) {
    if (!isShared(server)) {
      server.close();
    }
  }

  private synchronized boolean isShared(ServerProcess server) {
    return shared.containsValue(server);
  }

  /** Something is wrong with it: nobody is to use it any more. */
  void end(ServerProcess server) {
    forget(server);
    server.close();
  }

  private synchronized void forget(ServerProcess server) {
    shared.values().remove(server);
  }

  private static String key(Peer peer, String mode) {
    return peer.name() + " " + mode;
  }

  /** All of them: whoever wants to go on begins anew. */
  synchronized void end() {
    shared.values().forEach(ServerProcess::close);
    shared.clear();
  }

  @Override
  public void close() {
    end();
  }
}
