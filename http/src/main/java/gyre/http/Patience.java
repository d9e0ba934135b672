package gyre.http;

import gyre.Loop;
import gyre.Timer;
import gyre.io.ByteStream;

/**
 * How long a peer may take for what it is doing: one timer for a connection. To go from one phase
 * to the next reads no clock and allocates nothing.
 *
 * <p>Beside the phase it watches the output: a peer that takes less than the minimum rate is found
 * when the timer fires the next time.
 *
 * <p>A peer that is kept waiting for the loop's memory when its time is over gets as much again. It
 * can't live on that with memory in its hands: who holds some and does not get on is reset by the
 * loop, the largest first, while others wait.
 */
final class Patience {
  /** What is waited for. */
  enum Phase {
    /** The first byte of the first request. */
    FIRST,
    /** The first byte of another request. */
    IDLE,
    /** The rest of a head. */
    HEAD,
    /** More of a body. */
    BODY,
    /** The handler, which has all the time it wants. */
    HANDLER
  }

  /** Told when the patience is at an end. */
  interface Listener {
    /** Nothing came in time. */
    void tooSlow(Phase phase);

    /** The answers are not taken in time. */
    void outputTooSlow();
  }

  private static final long SECOND_NANOS = 1_000_000_000;

  private final Loop loop;
  private final ByteStream stream;
  private final HttpLimits limits;
  private final Listener listener;
  private final Timer timer;
  private Phase phase = Phase.FIRST;
  private long startNanos;

  /** Of a body. */
  private long movedBytes;

  /** Spent waiting for a body. */
  private long waitedNanos;

  /** Since when there is output, if that is watched. */
  private long outputStartNanos;

  private boolean watchesOutput;
  private long writtenBytes;
  private long sentBytesAtStart;

  Patience(Loop loop, ByteStream stream, HttpLimits limits, Listener listener) {
    this.loop = loop;
    this.stream = stream;
    this.limits = limits;
    this.listener = listener;
    this.timer = loop.timer(this::fired);
    timer.background(true);
    begin(Phase.FIRST);
  }

  void begin(Phase next) {
    phase = next;
    startNanos = loop.nanoTime();
    restart(startNanos + allowedNanos());
  }

  /** A request has a body: what it takes together counts, and not how long the handler works. */
  void bodyBegins() {
    movedBytes = 0;
    waitedNanos = 0;
  }

  void beginBodyWait() {
    phase = Phase.BODY;
    startNanos = loop.nanoTime() - waitedNanos;
    restart(startNanos + allowedNanos());
  }

  void endBodyWait() {
    waitedNanos = loop.nanoTime() - startNanos;
    begin(Phase.HANDLER);
  }

  /** Begins a phase that is not the present one. */
  void enter(Phase next) {
    if (phase != next) {
      begin(next);
    }
  }

  Phase phase() {
    return phase;
  }

  void moved(long bytes) {
    movedBytes += bytes;
  }

  void wrote(long bytes) {
    writtenBytes += bytes;
  }

  void close() {
    timer.close();
  }

  private void restart(long atNanos) {
    if (timer.isOpen()) { // a loop that ends closes it
      timer.restartAt(atNanos);
    }
  }

  private long allowedNanos() {
    return phase == Phase.BODY ? baseNanos() + rateNanos(movedBytes) : baseNanos();
  }

  private long baseNanos() {
    return switch (phase) {
      case FIRST, HEAD -> limits.headTimeout().toNanos();
      case IDLE -> limits.idleTimeout().toNanos();
      case BODY -> limits.bodyTimeout().toNanos();
      case HANDLER -> limits.writeTimeout().toNanos(); // only to look at the output
    };
  }

  private long rateNanos(long bytes) {
    return (long) ((double) bytes / limits.minimumBytesPerSecond() * SECOND_NANOS);
  }

  private void fired() {
    if (!stream.isOpen()) {
      return;
    }
    long now = loop.nanoTime();
    long outputDueNanos = outputDueNanos(now);
    if (watchesOutput && now - outputDueNanos >= 0) {
      listener.outputTooSlow();
      return;
    }
    long dueNanos = startNanos + allowedNanos();
    if (phase == Phase.HANDLER || (watchesOutput && phase == Phase.IDLE)) {
      dueNanos = now + limits.writeTimeout().toNanos(); // its answer is still under way
    } else if (now - dueNanos >= 0) {
      if (!stream.isKeptWaiting()) {
        listener.tooSlow(phase);
        return;
      }
      startNanos += now - dueNanos + baseNanos(); // for want of memory here, which is not its fault
      dueNanos = startNanos + allowedNanos();
    }
    restart(watchesOutput && outputDueNanos - dueNanos < 0 ? outputDueNanos : dueNanos);
  }

  private long outputDueNanos(long now) {
    long pending = stream.pendingOutputBytes();
    watchesOutput &= pending > 0;
    if (pending == 0) {
      return now;
    }
    long sent = writtenBytes - pending;
    if (!watchesOutput) {
      watchesOutput = true;
      outputStartNanos = now;
      sentBytesAtStart = sent;
    }
    return outputStartNanos + limits.writeTimeout().toNanos() + rateNanos(sent - sentBytesAtStart);
  }
}
