package gyre.lab.race;

import gyre.lab.LabException;
import gyre.lab.peer.Peer;
import gyre.lab.workload.Workload;

/** One peer at one workload, kept at it for as long as somebody looks: for profiles. */
public final class Bout implements AutoCloseable {
  private final Peer peer;
  private final Lane lane;
  private final Servers servers;
  private final boolean isWarm;

  private Bout(Peer peer, Lane lane, Servers servers, boolean isWarm) {
    this.peer = peer;
    this.lane = lane;
    this.servers = servers;
    this.isWarm = isWarm;
  }

  /** Starts the peer and warms it. */
  public static Bout open(Workload workload, Peer peer, Bench bench, Pace pace) {
    Servers servers = new Servers(bench);
    Lane lane = Lane.of(workload.within(bench.descriptors()), peer, bench, pace, servers);
    try {
      boolean isWarm = lane.open();
      return new Bout(peer, lane, servers, isWarm);
    } catch (PeerFailure e) {
      lane.close();
      servers.close();
      throw new LabException(peer.name() + ": " + e.getMessage(), e);
    }
  }

  public long pid() {
    return lane.pid();
  }

  /** Whether it had come to its speed. */
  public boolean isWarm() {
    return isWarm;
  }

  /** Works for about so long, with nobody waiting for it to get warm. */
  public long work(int millis) {
    try {
      long operations = 0;
      long deadline = System.nanoTime() + millis * 1_000_000L;
      do {
        operations += lane.work(millis);
      } while (System.nanoTime() < deadline);
      return operations;
    } catch (PeerFailure e) {
      throw new LabException(peer.name() + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    lane.close();
    servers.close();
  }
}
