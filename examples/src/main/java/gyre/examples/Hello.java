package gyre.examples;

import gyre.Loop;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import java.net.InetSocketAddress;

/** Answers each HTTP request with a line of text, until it is told to stop. */
public final class Hello {
  private static void serve(InetSocketAddress where) {
    HttpServer.onRequest(
        Loop.current(),
        where,
        HttpOptions.defaults(),
        (request, response) -> response.send("Hello, World!\n"));
  }

  public static void main(String[] arguments) {
    InetSocketAddress where = new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0]));
    try (Loop loop = Loop.open()) {
      System.exit(loop.runUntilShutdown(() -> serve(where)).code());
    }
  }
}
