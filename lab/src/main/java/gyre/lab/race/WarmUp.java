package gyre.lab.race;

import gyre.lab.peer.Peer;
import gyre.lab.workload.Kind;

/**
 * Brings a program to its speed, a stretch of work at a time.
 *
 * <p>Native code needs one. On a JVM it goes on until two stretches running were no better than the
 * best before them and the compilers have come to rest: cost alone does not tell, because on a
 * machine that others share it goes up and down by itself.
 */
final class WarmUp {
  private static final double LITTLE = 0.03;
  private static final int CALM = 2;

  /** So much longer is worked for as many operations where each has a connection of its own. */
  private static final int SLOW = 2;

  private static final int FURTHER_STRETCHES = 20;
  static final int FURTHER_MILLIS = 100;
  private static final int SETTLING_STRETCHES = 12;
  static final int SETTLING_MILLIS = 30;

  /** Compilers that take more of the time than this are not done. */
  private static final double COMPILING = 0.05;

  /** Whether code is compiled while it runs. */
  private final boolean isCompiling;

  private final int stretchesAtMost;
  private final int stretchMillis;
  private final double compilerNanosAtMost;

  private WarmUp(boolean isCompiling, int stretchesAtMost, int stretchMillis) {
    this.isCompiling = isCompiling;
    this.stretchesAtMost = stretchesAtMost;
    this.stretchMillis = stretchMillis;
    this.compilerNanosAtMost = stretchMillis * COMPILING * 1e6;
  }

  static WarmUp of(Peer peer, Pace pace, Kind kind) {
    int millis = peer.isJvm() ? pace.warmMillis() : pace.warmMillis() / 2;
    return new WarmUp(
        peer.isJvm(),
        peer.isJvm() ? pace.warmStretches() : 1,
        kind == Kind.CONNECT ? SLOW * millis : millis);
  }

  /** Of another process of a program: native code is as fast as it gets nearly at once. */
  static WarmUp anew(Peer peer, Pace pace, Kind kind) {
    return peer.isJvm() ? of(peer, pace, kind) : again(peer);
  }

  /** Of a program that has been warmed at another workload. */
  static WarmUp further(Peer peer) {
    return new WarmUp(peer.isJvm(), peer.isJvm() ? FURTHER_STRETCHES : 1, FURTHER_MILLIS);
  }

  /**
   * Of a program that was warm before others had their turn. On a JVM, code that has seen something
   * new meanwhile, such as a connection's end, is compiled anew.
   */
  static WarmUp again(Peer peer) {
    return new WarmUp(peer.isJvm(), peer.isJvm() ? SETTLING_STRETCHES : 1, SETTLING_MILLIS);
  }

  /** How long to work for {@link Work#go}. */
  int stretchMillis() {
    return stretchMillis;
  }

  /** What a stretch cost, and what compilers have worked meanwhile. */
  record Stretch(double cost, long compilerNanos) {}

  /** Works for a stretch. */
  interface Work {
    Stretch go() throws PeerFailure;
  }

  /** Whether it was warm in the end. */
  boolean run(Work work) throws PeerFailure {
    double best = Double.MAX_VALUE;
    int calm = 0;
    for (int i = 0; i < stretchesAtMost; i++) {
      Stretch stretch = work.go();
      calm = stretch.cost() > best * (1 - LITTLE) ? calm + 1 : 0;
      best = Math.min(best, stretch.cost());
      if (calm >= CALM && stretch.compilerNanos() <= compilerNanosAtMost) {
        return true;
      }
    }
    return !isCompiling;
  }
}
