package gyre.http;

import gyre.Fiber;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import org.jspecify.annotations.Nullable;

/** Direct style: a fiber reads one request after the other, and runs the handler. */
final class DirectConnection extends Http1Connection {
  private int sinceYield;

  DirectConnection(ByteStream stream, ServerState server, LoopState loopState) {
    super(stream, server, loopState);
  }

  /** Returns when the connection is over; whoever has called closes the stream. */
  void serve() {
    try {
      boolean goesOn = true;
      while (goesOn && awaitRequest()) {
        goesOn = serveNext(exchange());
      }
      if (isUpgraded()) {
        leave(true);
      }
    } finally {
      patience().close();
      giveBackExchange();
    }
  }

  /** Waits for the first byte of a request; false if there is none. */
  private boolean awaitRequest() {
    if (stream().input().isEmpty()) {
      giveBackExchange();
      sinceYield = 0;
      if (hasHadRequests()) {
        patience().begin(Patience.Phase.IDLE);
      }
      return stream().await(1);
    }
    if (++sinceYield >= limits().pipelinedRequests()) {
      sinceYield = 0;
      Fiber.yield();
    }
    return true;
  }

  private boolean serveNext(Exchange of) {
    of.begin(true);
    HeadParser.Outcome outcome = of.parser.parse(stream().input());
    while (outcome == HeadParser.Outcome.MORE) {
      patience().enter(Patience.Phase.HEAD);
      if (!stream().awaitMore()) {
        return false;
      }
      outcome = of.parser.parse(stream().input());
    }
    Problem problem = of.parser.problem();
    if (problem != null) {
      refuse(of, problem);
      return false;
    }
    patience().begin(Patience.Phase.HANDLER);
    headDone(of);
    busy(true);
    try {
      boolean isSound = call(server().handler(), of, false);
      boolean goesOn = isSound && finishBody(of);
      if (isSound && !of.body.isEnded()) {
        expectMore();
      }
      answered(of);
      return goesOn && of.response.persists();
    } finally {
      busy(false);
    }
  }

  /** Receives what the handler has not read; false if that is too much. */
  private boolean finishBody(Exchange of) {
    Http1Body body = of.body;
    body.clear();
    long discarded = 0;
    ByteQueue in = stream().input();
    while (!body.isEnded()) {
      if (body.isContinueOwed() || body.knownLeftBytes() > DISCARD_BYTES) {
        return false;
      }
      long before = in.size();
      if (!body.receive(in, Http1Body.HELD_BYTES)) {
        return false;
      }
      discarded += before - in.size();
      body.clear();
      if (discarded > DISCARD_BYTES) {
        return false;
      }
      if (!body.isEnded() && before == in.size() && !awaitBody(body)) {
        return false;
      }
    }
    return body.problem() == null;
  }

  @Override
  void write(Exchange of, byte[] head, int length, @Nullable Object body) {
    ByteStream out = stream();
    patience().wrote(length);
    of.response.beginWrite();
    out.write(head, 0, length);
    switch (body) {
      case null -> {}
      case byte[] bytes -> {
        patience().wrote(bytes.length);
        out.write(bytes, 0, bytes.length);
      }
      case ByteQueue queue -> {
        patience().wrote(queue.size());
        out.write(queue);
      }
      default -> throw new AssertionError(body);
    }
    of.response.endWrite();
  }

  @Override
  boolean awaitBody(Http1Body body) {
    if (body.takeContinueOwed()) {
      patience().wrote(CONTINUE.length);
      stream().write(CONTINUE, 0, CONTINUE.length);
    }
    patience().beginBodyWait();
    boolean isThere = stream().awaitMore();
    patience().endBodyWait();
    return isThere;
  }

  @Override
  void checkCanDefer() {
    throw new IllegalStateException("in direct style the handler waits itself, in its fiber");
  }

  @Override
  void bodyTaker(Exchange of, BodyHandler handler) {
    throw new IllegalStateException("in direct style the handler reads the body, in its fiber");
  }

  @Override
  void pauseBody() {
    throw new IllegalStateException("in direct style nothing comes that nobody reads");
  }

  @Override
  void resumeBody() {
    pauseBody();
  }

  @Override
  void pushWritable(Exchange of) {
    throw new IllegalStateException("in a fiber writing parks while the peer is slow");
  }

  @Override
  void retryWritable() {
    throw new IllegalStateException("in a fiber writing parks while there is no memory");
  }

  @Override
  void bodySent(Exchange of) {}

  @Override
  void givingUp() {}

  @Override
  void handleInFiber(HttpHandler handler, Exchange of) throws Exception {
    handler.handle(of.request, of.response); // this is one
  }
}
