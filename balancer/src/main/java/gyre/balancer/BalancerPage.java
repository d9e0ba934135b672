package gyre.balancer;

import gyre.Loop;
import gyre.insight.prometheus.PrometheusText;
import gyre.insight.web.WebConsole;
import gyre.insight.web.WebOptions;
import gyre.insight.web.WebRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The page of a balancer, its data as JSON, and its figures for Prometheus at {@code /metrics}.
 * What it shows and does is what {@link Balancer#command} does.
 */
final class BalancerPage {
  private static final String[] FIELDS = {"command", "target", "weight", "reason"};

  private final Balancer balancer;

  private BalancerPage(Balancer balancer) {
    this.balancer = balancer;
  }

  /**
   * Opens it on a loop.
   *
   * @throws gyre.net.NetworkException if it can't listen there
   */
  static WebConsole open(Balancer balancer, InetSocketAddress where, Loop loop) {
    BalancerPage page = new BalancerPage(balancer);
    return WebConsole.create(WebOptions.at(where))
        .asset("/", "index.html", resource("balance.html"))
        .asset("/balance.js", "balance.js", resource("balance.js"))
        .data("/api/list", _ -> page.ask("list"))
        .data("/api/stats", _ -> page.ask("stats"))
        .data("/api/events", _ -> page.ask("events"))
        .action("/api/command", page::command)
        .text("/metrics", PrometheusText.CONTENT_TYPE, _ -> BalancerMetrics.text(balancer))
        .open(loop);
  }

  private static byte[] resource(String name) {
    try (InputStream in = BalancerPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar has no " + name + ": build it again");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("read " + name + " of the jar", e);
    }
  }

  private String ask(String command) {
    return balancer.command(JsonText.write(Map.of("command", command)));
  }

  private String command(WebRequest request) {
    Map<String, String> words = new LinkedHashMap<>();
    for (String each : FIELDS) {
      String value = request.field(each);
      if (!value.isEmpty()) {
        words.put(each, value);
      }
    }
    return balancer.command(JsonText.write(words));
  }
}
