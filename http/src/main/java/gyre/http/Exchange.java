package gyre.http;

import org.jspecify.annotations.Nullable;

/**
 * Everything that one request at a time takes: lent to a connection from the first byte of a
 * request until it has answered all that it received. An idle connection has none.
 */
final class Exchange {
  final RequestHead head = new RequestHead(new Lines());
  final HeadParser parser;
  final Http1Request request;
  final Http1Body body;
  final Http1Response response;
  private @Nullable Http1Connection connection;

  /** Whoever has the response may still call it when the answer is complete: never lent again. */
  boolean isDeferred;

  /**
   * A handler is being called, or the server itself answers. Whoever holds the response outside of
   * that has kept it too long, unless it was deferred: it may be another request's by now.
   */
  boolean isCalled;

  /** The handler runs in a fiber that may park. */
  boolean mayPark;

  /** The access log has been told of the answer. */
  boolean isLogged;

  /** When its head was there. */
  long startNanos;

  Exchange(HttpLimits limits) {
    parser = new HeadParser(limits, head);
    request = new Http1Request(this);
    body = new Http1Body(this, limits);
    response = new Http1Response(this);
  }

  Http1Connection connection() {
    Http1Connection known = connection;
    if (known == null) {
      throw new IllegalStateException("the answer is complete: request and response are gone");
    }
    return known;
  }

  boolean isAttached() {
    return connection != null;
  }

  void attach(Http1Connection to) {
    assert connection == null : "lent twice";
    connection = to;
  }

  /** The connection is done with it. */
  void detach() {
    body.clear();
    head.lines.reset();
    request.findForwarding(null);
    response.forget();
    connection = null;
  }

  /** A head begins. */
  void begin(boolean canPark) {
    assert !isDeferred : "the one before is not over";
    mayPark = canPark;
    isLogged = false;
    parser.begin();
    request.forgetRoute();
    request.findForwarding(null);
    response.begin();
  }
}
