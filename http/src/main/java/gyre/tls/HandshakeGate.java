package gyre.tls;

import java.util.ArrayDeque;

/**
 * How many handshakes are under way at a time, of all loops of the process together. Each costs a
 * thousand times what a byte of an open connection does, so that a flood of them would leave
 * nothing for those who are served already. Those beyond the limit wait in the order in which they
 * came, own nothing but what has arrived of their hello, and their deadline runs. A handshake that
 * waits for its peer has left, and enters again when the peer goes on.
 *
 * <p>Used by many threads.
 */
final class HandshakeGate {
  /** Of the process: twice as many as it has processors. */
  static final HandshakeGate PROCESS =
      new HandshakeGate(2 * Runtime.getRuntime().availableProcessors());

  /** One that wants to begin, or has begun. */
  interface Entrant {
    /** From any thread, once: it may begin. */
    void admitted();
  }

  private final int limit;
  private final ArrayDeque<Entrant> waiting = new ArrayDeque<>();
  private int inFlight;
  private int mostInFlight;

  HandshakeGate(int limit) {
    this.limit = limit;
  }

  /** Whether it may begin now; if not, it is told when. */
  synchronized boolean enter(Entrant entrant) {
    if (inFlight < limit) {
      inFlight++;
      mostInFlight = Math.max(mostInFlight, inFlight);
      return true;
    }
    waiting.add(entrant);
    return false;
  }

  /** One that has begun has ended, or waits for its peer. */
  void leave() {
    Entrant next;
    synchronized (this) {
      assert inFlight > 0;
      next = waiting.poll();
      if (next == null) {
        inFlight--;
        return;
      }
    }
    next.admitted();
  }

  /**
   * One that waits does so no more.
   *
   * @return false if it has been admitted meanwhile, and so has to leave
   */
  synchronized boolean giveUp(Entrant entrant) {
    return waiting.remove(entrant);
  }

  /** Whether a connection that is accepted now would have to wait. */
  synchronized boolean isFull() {
    return inFlight >= limit;
  }

  synchronized int inFlight() {
    return inFlight;
  }

  synchronized int waiting() {
    return waiting.size();
  }

  synchronized int mostInFlight() {
    return mostInFlight;
  }

  int limit() {
    return limit;
  }
}
