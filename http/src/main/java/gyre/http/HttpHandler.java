package gyre.http;

/**
 * Answers requests: the same in direct and in push style.
 *
 * <p>In direct style it runs in the fiber of the connection, and may park. In push style it is a
 * callback of the loop, which must not wait; {@link #inFiber} makes one of those of a handler that
 * has to.
 *
 * <p>It answers before it returns, or defers ({@link Response#defer}). What it throws is answered
 * with the status of an {@link HttpException}, and with 500 otherwise, which is reported too.
 */
@FunctionalInterface
public interface HttpHandler {
  void handle(Request request, Response response) throws Exception;

  /**
   * For push style: a handler that runs in a fiber of its own for each request. In direct style it
   * has one anyway.
   */
  static HttpHandler inFiber(HttpHandler handler) {
    return (request, response) -> Http1Request.of(request).handleInFiber(handler);
  }
}
