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
   * Whether in push style it is called for this request when the head is there, and takes the body
   * piece by piece; otherwise it is called when the body is there too. Asked for requests with a
   * body only, before {@link #handle}. In direct style every handler is called at the head.
   */
  default boolean isStreaming(Request request) {
    return false;
  }

  /**
   * For push style: a handler that runs in a fiber of its own for each request. In direct style it
   * has one anyway.
   */
  static HttpHandler inFiber(HttpHandler handler) {
    return new HttpHandler() {
      @Override
      public void handle(Request request, Response response) throws Exception {
        Http1Request.of(request).handleInFiber(handler);
      }

      @Override
      public boolean isStreaming(Request request) {
        return handler.isStreaming(request);
      }
    };
  }

  /**
   * For push style: a handler that is called when the head of a request is there. It takes the body
   * by {@link RequestBody#onData}, or in a fiber reads it as in direct style: {@code
   * HttpHandler.inFiber(HttpHandler.streaming(handler))}.
   */
  static HttpHandler streaming(HttpHandler handler) {
    return new HttpHandler() {
      @Override
      public void handle(Request request, Response response) throws Exception {
        handler.handle(request, response);
      }

      @Override
      public boolean isStreaming(Request request) {
        return true;
      }
    };
  }
}
