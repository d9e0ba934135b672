package gyre.http.websocket;

import gyre.Loop;
import gyre.Timer;

/**
 * How long a peer may be silent, idle, or slow to close: one timer for a WebSocket. That something
 * came or went is a write to a field.
 */
final class Liveness {
  private enum Watching {
    /** Silence is answered by a ping. */
    SILENCE,
    /** A ping is sent, and a sign of life waited for. */
    PONG,
    /** The peer's close frame came, and messages before it are to be received. */
    RECEIVER,
    /** A close frame is sent, and the peer's waited for. */
    CLOSE,
    /** Both are sent, and the end of the connection is waited for. */
    END
  }

  private static final long SECOND_NANOS = 1_000_000_000;
  private static final byte[] NOTHING = {};

  private final Connection connection;
  private final Loop loop;
  private final WebSocketOptions options;
  private final Timer timer;
  private Watching watching = Watching.SILENCE;
  private long heardNanos;
  private long exchangedNanos;

  /** When the present wait has begun. */
  private long sinceNanos;

  private long controlsSinceNanos;
  private int controls;

  Liveness(Connection connection, Loop loop, WebSocketOptions options) {
    this.connection = connection;
    this.loop = loop;
    this.options = options;
    this.timer = loop.timer(this::fired);
    timer.background(true);
    long now = loop.nanoTime();
    heardNanos = now;
    exchangedNanos = now;
    controlsSinceNanos = now;
    restart(now + options.pingInterval().toNanos());
  }

  // ---- what happens

  /** Something came. */
  void heard() {
    heardNanos = loop.nanoTime();
  }

  /** A message came or went. */
  void exchanged() {
    exchangedNanos = loop.nanoTime();
  }

  /** Counts a control frame; false if there are too many. */
  boolean mayControl() {
    long now = loop.nanoTime();
    if (now - controlsSinceNanos >= SECOND_NANOS) {
      controlsSinceNanos = now;
      controls = 0;
    }
    return ++controls <= options.controlFramesPerSecond();
  }

  /** The peer has closed, and messages before that are to be received. */
  void awaitReceiver() {
    await(Watching.RECEIVER);
  }

  /** A close frame is sent. */
  void awaitClose() {
    await(Watching.CLOSE);
  }

  /** The good-byes are said. */
  void awaitEnd() {
    await(Watching.END);
  }

  private void await(Watching what) {
    watching = what;
    sinceNanos = loop.nanoTime();
    restart(sinceNanos + options.closeTimeout().toNanos());
  }

  void stop() {
    timer.close();
  }

  private void restart(long atNanos) {
    if (timer.isOpen()) { // a loop that ends closes it
      timer.restartAt(atNanos);
    }
  }

  // ---- the timer

  private void fired() {
    long now = loop.nanoTime();
    switch (watching) {
      case SILENCE -> silence(now);
      case PONG -> pong(now);
      case RECEIVER -> connection.answerClose();
      case CLOSE, END -> connection.abandon(CloseCode.ABNORMAL, "");
    }
  }

  private void silence(long now) {
    if (connection.isPaused()) {
      heardNanos = now; // nothing is received because nothing is wanted
    }
    long dueNanos = heardNanos + options.pingInterval().toNanos();
    long idleNanos = exchangedNanos + options.idleTimeout().toNanos();
    if (now - idleNanos >= 0) {
      connection.close(CloseCode.GOING_AWAY, "idle");
    } else if (now - dueNanos >= 0) {
      connection.out().idle();
      boolean ignored = connection.ping(NOTHING); // where there is no room, he takes nothing
      watching = Watching.PONG;
      sinceNanos = now;
      restart(now + options.pongTimeout().toNanos());
    } else {
      restart(idleNanos - dueNanos < 0 ? idleNanos : dueNanos);
    }
  }

  private void pong(long now) {
    if (heardNanos - sinceNanos >= 0 || connection.isPaused()) {
      watching = Watching.SILENCE;
      silence(now);
    } else {
      connection.abandon(CloseCode.ABNORMAL, "");
    }
  }
}
