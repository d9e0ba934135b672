package gyre.examples;

import gyre.Deadline;
import gyre.Fiber;
import gyre.Loop;
import gyre.ShutdownOptions;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.Router;
import gyre.http.sse.SseEvent;
import gyre.http.sse.SseHub;
import gyre.http.sse.SseOptions;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * Sends a price each second to every browser that has its page open. One that was away for a while
 * is sent what it has missed, as far as that is kept.
 */
public final class Ticker {
  private static final String PAGE =
      """
      <!doctype html><meta charset="utf-8"><title>ticker</title>
      <h1 id="price">...</h1><p id="state">connecting</p>
      <script>
        const show = (id, text) => document.getElementById(id).textContent = text;
        const events = new EventSource('/events');
        events.addEventListener('price', e => show('price', e.data));
        events.addEventListener('end', () => { show('state', 'closed'); events.close(); });
        events.onopen = () => show('state', 'live');
        events.onerror = () => show('state', 'coming back');
      </script>
      """;

  private Ticker() {}

  public static void main(String[] arguments) {
    if (arguments.length != 1 || !arguments[0].matches("[1-9][0-9]{0,4}")) {
      System.err.println("usage: ticker PORT");
      System.exit(2);
    }
    int port = Integer.parseInt(arguments[0]);
    try (Loop loop = Loop.open()) {
      System.exit(loop.runUntilShutdown(ShutdownOptions.defaults(), () -> serve(port)).code());
    }
  }

  private static void serve(int port) {
    SseHub hub =
        SseHub.create(
            SseOptions.defaults()
                .retry(Duration.ofSeconds(1))
                .lastEvent(SseEvent.of("the ticker is closed").type("end")));
    Router router =
        Router.create()
            .get(
                "/",
                (request, response) -> response.contentType("text/html; charset=utf-8").send(PAGE))
            .get("/events", hub.handler());
    try (HttpServer server =
        HttpServer.serve(
            Loop.current(), new InetSocketAddress(port), HttpOptions.defaults(), router)) {
      long cents = 10_000;
      for (long number = 1; !Loop.current().stopping().isReady(); number++) {
        cents += Loop.current().random().nextInt(-50, 51);
        String price = "%d.%02d".formatted(cents / 100, cents % 100);
        hub.publish(SseEvent.of(price).type("price").id(String.valueOf(number)));
        var ignored =
            Fiber.awaitFirst(Loop.current().stopping(), Deadline.in(Duration.ofSeconds(1)));
      }
      server.drain(); // each listener is sent the last event, and its answer ends
    }
  }
}
