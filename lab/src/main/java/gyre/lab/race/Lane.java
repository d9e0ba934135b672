package gyre.lab.race;

import gyre.lab.peer.Peer;
import gyre.lab.result.Probe;
import gyre.lab.result.Sample;
import gyre.lab.workload.Workload;
import java.util.Map;

/**
 * One peer at one workload: started, warmed, then measured again and again in turn with the others,
 * then probed, then ended. A lane that has failed once is not used again.
 */
sealed interface Lane extends AutoCloseable permits GeneratorLane, HolderLane, StepLane {
  /** Starts the peer and warms it until it gets no better; whether it came to that in time. */
  boolean open() throws PeerFailure;

  /**
   * Measures for about so long.
   *
   * @param spell tells which of it nobody disturbed
   */
  Turn measure(int millis, Calm.Spell spell) throws PeerFailure;

  /**
   * What a turn gave: a sample for each variant of the workload.
   *
   * @param process which of the peer's they are of
   * @param disturbed for which share of the time somebody disturbed what the samples are of
   */
  record Turn(Map<String, Sample> samples, long process, double disturbed) {}

  Probe probe(int millis) throws PeerFailure;

  /** Works for about so long, with nobody looking; how many operations that were. */
  long work(int millis) throws PeerFailure;

  /** Another workload had its turn since this was measured last. */
  default void resume() throws PeerFailure {}

  /** Another workload has its turn next. */
  default void pause() {}

  /** The same with a new process, in the place of one that is closed. */
  default boolean reopen() throws PeerFailure {
    return open();
  }

  /** Process of the peer. */
  long pid();

  /** How its process was brought to its speed, in words for a report; empty for native code. */
  default String warmth() {
    return "";
  }

  /** At most so many rounds make sense here. */
  default int roundsAtMost() {
    return Integer.MAX_VALUE;
  }

  @Override
  void close();

  static Lane of(Workload workload, Peer peer, Bench bench, Pace pace, Servers servers) {
    return switch (workload.kind().driver()) {
      case GENERATOR -> new GeneratorLane(workload, peer, bench, pace, servers);
      case HOLDER -> new HolderLane(workload, peer, bench, pace);
      case ITSELF -> new StepLane(workload, peer, bench, pace);
    };
  }
}
