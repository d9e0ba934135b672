import gyre.Loop;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.Router;
import java.net.InetSocketAddress;

/** Counters of this program, and the page that tells them. All of one loop. */
final class Metrics {
  private static final String PREFIX = "{{name_}}_";

  private long open;
  private long opened;
  private long failed;

  void opened() {
    open++;
    opened++;
  }

  void closed() {
    open--;
  }

  void failed() {
    failed++;
  }

  /** Serves them until the loop ends. Where is null, does nothing. */
  void serve(InetSocketAddress where) {
    if (where == null) {
      return;
    }
    Router router =
        Router.create()
            .get(
                "/metrics",
                (request, response) ->
                    response.contentType("text/plain; version=0.0.4").send(text()));
    HttpServer server = HttpServer.onRequest(Loop.current(), where, HttpOptions.defaults(), router);
    InetSocketAddress address = server.address();
    System.out.println(
        "metrics on " + address.getAddress().getHostAddress() + ":" + address.getPort());
  }

  /** In the text format of Prometheus. */
  String text() {
    StringBuilder text = new StringBuilder();
    add(text, "connections_open", "gauge", "Connections that are open now.", open);
    add(text, "connections_total", "counter", "Connections that were opened.", opened);
    add(text, "failures_total", "counter", "Connections that ended by a failure.", failed);
    return text.toString();
  }

  private static void add(StringBuilder text, String name, String type, String help, long value) {
    text.append("# HELP ").append(PREFIX).append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(PREFIX).append(name).append(' ').append(type).append('\n');
    text.append(PREFIX).append(name).append(' ').append(value).append('\n');
  }
}
