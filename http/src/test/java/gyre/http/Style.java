package gyre.http;

import gyre.Loop;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** The ways to run a handler that must not differ for a peer. */
enum Style {
  DIRECT,
  PUSH,
  PUSH_IN_FIBER;

  static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  HttpServer open(Loop loop, HttpOptions options, HttpHandler handler) {
    return open(loop, ANY_PORT, options, handler);
  }

  HttpServer open(Loop loop, InetSocketAddress where, HttpOptions options, HttpHandler handler) {
    return switch (this) {
      case DIRECT -> HttpServer.serve(loop, where, options, handler);
      case PUSH -> HttpServer.onRequest(loop, where, options, handler);
      case PUSH_IN_FIBER ->
          HttpServer.onRequest(loop, where, options, HttpHandler.inFiber(handler));
    };
  }
}
