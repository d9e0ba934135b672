package gyre.http;

import gyre.Fiber;
import gyre.WaitPoint;
import gyre.io.ByteQueue;
import org.jspecify.annotations.Nullable;

/**
 * The body of one request that a streaming handler takes in push style. Up to {@link
 * Http1Body#HELD_BYTES} are received ahead; beyond that the connection's input is paused, and the
 * peer waits.
 */
final class PushInput implements HttpHandler {
  private final PushConnection connection;
  private final Exchange exchange;
  private final Arrival arrival = new Arrival();
  private @Nullable BodyHandler taker;

  /** By the taker. */
  private boolean isPaused;

  /** Somebody reads it in a fiber. */
  private boolean isRead;

  /** The taker knows that nothing more comes, for whatever reason. */
  private boolean isEndTold;

  /** What the taker has left of what it was shown. */
  private long leftBytes;

  PushInput(PushConnection connection, Exchange exchange) {
    this.connection = connection;
    this.exchange = exchange;
  }

  /** Where a handler in a fiber waits for more. */
  private final class Arrival extends WaitPoint {
    private boolean hasCome;

    @Override
    public boolean isReady() {
      return hasCome;
    }

    @Override
    public String doing() {
      return "reading the body of a request on " + connection.stream().name();
    }

    void tell() {
      hasCome = true;
      wakeAll();
    }
  }

  // ---- what comes

  /** Before somebody wants it nothing is received: its limit is not known yet. */
  boolean isWanted() {
    return taker != null || isRead;
  }

  /** Takes what there is room for. False if the body has failed. */
  boolean receive(ByteQueue in, boolean isInputEnded) {
    Http1Body body = exchange.body;
    boolean isSound = body.receive(in, Http1Body.HELD_BYTES);
    if (isSound && !body.isEnded() && isInputEnded && body.queue().size() < Http1Body.HELD_BYTES) {
      body.fail(Problem.BODY_CUT_SHORT);
      isSound = false;
    }
    arrival.tell();
    return isSound;
  }

  /** Whether there is something that the taker has not been shown. */
  boolean hasNews() {
    Http1Body body = exchange.body;
    return taker != null
        && !isPaused
        && !isEndTold
        && body.problem() == null
        && (body.isEnded() || body.queue().size() > leftBytes);
  }

  /** Shows it: called as a handler is, so that it is answered for as one. */
  @Override
  public void handle(Request request, Response response) throws Exception {
    BodyHandler to = taker;
    Http1Body body = exchange.body;
    ByteQueue held = body.queue();
    if (to == null || isEndTold) {
      return;
    }
    if (!held.isEmpty()) {
      to.onData(held);
    }
    leftBytes = held.size();
    if (leftBytes >= Http1Body.HELD_BYTES && !isPaused && !response.isStarted()) {
      throw new IllegalStateException(
          "the handler of "
              + body.name()
              + " leaves "
              + leftBytes
              + " bytes, and no more are held: consume them, or pause the body");
    }
    if (body.isEnded() && !isPaused && !isEndTold) {
      isEndTold = true;
      to.onEnd();
    }
  }

  /** No more is held than may be: the rest waits where it is. */
  boolean isFull() {
    return exchange.body.queue().size() >= Http1Body.HELD_BYTES;
  }

  /** Whether it is the peer that is waited for. */
  boolean awaitsPeer() {
    Http1Body body = exchange.body;
    return !body.isEnded() && !isPaused && !isFull() && !body.isContinueOwed();
  }

  /** The request is over: a taker that has not heard of the end does so now. */
  void end() {
    BodyHandler to = taker;
    taker = null;
    if (to != null && !isEndTold) {
      isEndTold = true;
      Problem problem = exchange.body.problem();
      to.onFailure(
          new BodyException(
              connection.stream().name(), problem == null ? Problem.BODY_CUT_SHORT : problem));
    }
    arrival.tell();
  }

  // ---- what the handler wants

  void taker(BodyHandler handler) {
    if (taker != null) {
      throw new IllegalStateException(exchange.body.name() + " is taken already");
    }
    taker = handler;
  }

  void pause() {
    isPaused = true;
  }

  void resume() {
    isPaused = false;
    leftBytes = 0; // is shown again
  }

  /** In a fiber: parks until something has come, or nothing will. */
  void await() {
    isRead = true;
    arrival.hasCome = false;
    connection.resumeStream();
    Fiber.await(arrival);
  }
}
