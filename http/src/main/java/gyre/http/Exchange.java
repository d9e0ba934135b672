package gyre.http;

import gyre.Fiber;
import gyre.Registration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that one request at a time takes: lent to a connection from the first byte of a
 * request until it has answered all that it received. An idle connection has none.
 */
final class Exchange {
  /** Misuse is looked for. */
  private static final boolean IS_CHECKED = Exchange.class.desiredAssertionStatus();

  /** What serves one request after the other, where misuse is looked for: so many in turn. */
  private static final int CHECKED_SETS = 16;

  /** What a handler is given. */
  private record Shown(Http1Request request, Http1Body body, Http1Response response) {
    Shown(Exchange of) {
      this(new Http1Request(of), new Http1Body(of), new Http1Response(of));
    }
  }

  final RequestHead head = new RequestHead(new Lines());
  final HeadParser parser;
  final ChunkDecoder chunks;
  final HeadWriter answerFields = new HeadWriter();
  final HeadWriter answerHead = new HeadWriter();
  Http1Request request;
  Http1Body body;
  Http1Response response;
  private @Nullable Http1Connection connection;

  /** A handler has had request, body and response, and may have kept them. */
  private boolean isShown;

  /** Those who want to hear of the end of the connection. */
  private @Nullable List<Endings.Entry> endings;

  /** Whoever has the response may still call it when the answer is complete: never lent again. */
  boolean isDeferred;

  /**
   * Who calls the handler, or answers for the server. Whoever holds the response outside of that
   * has kept it too long, unless it was deferred: it may be another request's by now.
   */
  private @Nullable Fiber<?> caller;

  /** The same objects serve one request after the other, so that nothing is allocated. */
  private final boolean isReused;

  private final @Nullable Shown[] sets = new @Nullable Shown[IS_CHECKED ? CHECKED_SETS : 0];
  private int set;

  /** The handler runs in a fiber that may park. */
  boolean mayPark;

  /** It was looked at whether it may come by its connection. */
  boolean isDirected;

  /** The access log has been told of the answer. */
  boolean isLogged;

  /** When its head was there. */
  long startNanos;

  Exchange(HttpLimits limits, boolean isReused) {
    this.isReused = isReused;
    parser = new HeadParser(limits, head);
    chunks = new ChunkDecoder(limits);
    request = new Http1Request(this);
    body = new Http1Body(this);
    response = new Http1Response(this);
  }

  Http1Connection connection() {
    Http1Connection known = connection;
    if (known == null) {
      throw new IllegalStateException("the answer is complete: request and response are gone");
    }
    return known;
  }

  /**
   * Refuses what was kept for longer than its exchange: the bytes that it would see may be those of
   * another one by now.
   *
   * @param part the request, the body or the response that is used
   */
  void checkLent(Object part) {
    if (!isLent(part)) {
      throw new IllegalStateException(
          "the exchange is over, and its request and body are gone: take out of them what is needed"
              + " later, or defer the answer");
    }
  }

  @SuppressWarnings("ReferenceEquality") // which one, not what it says
  boolean isLent(Object part) {
    return connection != null
        && (isDeferred || (caller != null && mayBeUsed()))
        && (part == request || part == body || part == response);
  }

  /**
   * Where objects are used again, a handler that parks gives nobody else the time to use one that
   * was kept of a request before.
   */
  @SuppressWarnings("ReferenceEquality") // this very fiber
  private boolean mayBeUsed() {
    return mayPark || !isReused || caller == Fiber.current();
  }

  /** A handler is called from here on; to be handed to {@link #leave}. */
  @Nullable Fiber<?> enter() {
    Fiber<?> before = caller;
    caller = Fiber.current();
    return before;
  }

  void leave(@Nullable Fiber<?> before) {
    caller = before;
  }

  boolean isCalled() {
    return caller != null;
  }

  /** By this very fiber. */
  @SuppressWarnings("ReferenceEquality") // this very fiber
  boolean isCalledHere() {
    return caller != null && caller == Fiber.current();
  }

  boolean isReused() {
    return isReused && !mayPark;
  }

  /** Refuses a response that was one of a request before. */
  @SuppressWarnings("ReferenceEquality") // which one, not what it says
  void checkIsOf(Http1Response used) {
    if (used != response) {
      throw new IllegalStateException("the answer is complete: its request is over");
    }
  }

  Registration onEnding(Runnable action) {
    Endings.Entry entry = connection().loopState().drainings.add(action);
    List<Endings.Entry> known = endings;
    if (known == null) {
      known = new ArrayList<>(1);
      endings = known;
    }
    known.add(entry);
    List<Endings.Entry> own = known;
    return () -> {
      entry.close();
      boolean ignored = own.remove(entry);
    };
  }

  /** What the handler would answer goes nowhere. */
  void tellEndings() {
    List<Endings.Entry> waiting = endings;
    endings = null;
    if (waiting != null) {
      List.copyOf(waiting).forEach(Endings.Entry::tell); // one may take itself off the list
    }
  }

  /** The answer is complete, and needs not be ended any more. */
  void dropEndings() {
    List<Endings.Entry> waiting = endings;
    endings = null;
    if (waiting != null) {
      waiting.forEach(Endings.Entry::close);
    }
  }

  void attach(Http1Connection to) {
    assert connection == null : "lent twice";
    connection = to;
  }

  /** The connection is done with it. */
  void detach() {
    if (response.isComplete()) {
      dropEndings();
    }
    caller = null;
    body.forget();
    head.lines.reset();
    request.findForwarding(null);
    response.forget();
    connection = null;
    tellEndings();
  }

  private void show(Shown next) {
    request = next.request;
    body = next.body;
    response = next.response;
  }

  /** A handler that has kept one of its predecessors is refused it, and gets no other request. */
  private Shown nextSet() {
    set = (set + 1) % CHECKED_SETS;
    Shown next = sets[set];
    if (next == null) {
      next = new Shown(this);
      sets[set] = next;
    }
    return next;
  }

  /** A head begins. */
  void begin(boolean canPark) {
    assert !isDeferred : "the one before is not over";
    dropEndings();
    body.forget();
    if (isShown && (canPark || !isReused)) {
      // While this one waits for its answer others run, who may have kept the former objects.
      show(new Shown(this));
    } else if (isShown && IS_CHECKED) {
      show(nextSet());
    }
    isShown = true;
    mayPark = canPark;
    isLogged = false;
    isDirected = false;
    parser.begin();
    request.forgetRoute();
    request.findForwarding(null);
    response.begin();
  }
}
