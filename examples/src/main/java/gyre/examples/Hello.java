package gyre.examples;

import gyre.LoopGroup;
import gyre.ShutdownOptions;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import java.net.InetSocketAddress;

/** Answers each HTTP request with a line of text, on two loops, until it is told to stop. */
public final class Hello {
  private static void serve(LoopGroup group, int port) {
    HttpServer.onRequest(
        group,
        new InetSocketAddress(port),
        HttpOptions.defaults(),
        (request, response) -> response.send("Hello, World!\n"));
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 1) {
      System.err.println("usage: hello PORT");
      System.exit(2);
    }
    try (LoopGroup group = LoopGroup.open(2)) {
      int port = Integer.parseInt(arguments[0]);
      System.exit(
          group.runUntilShutdown(ShutdownOptions.defaults(), () -> serve(group, port)).code());
    }
  }
}
