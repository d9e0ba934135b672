package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.LoopGroup;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The page, its data, and the figures for Prometheus. */
@Timeout(60)
final class PageTest {
  private final Peers peers = new Peers();
  private final LoopGroup group = LoopGroup.open(1);

  @AfterEach
  void close() throws Exception {
    peers.close();
    group.close();
  }

  private static String get(HttpClient client, String link, String path) throws Exception {
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(URI.create(link).resolve(path)).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(path + " " + answer.body()).isEqualTo(200);
    return answer.body();
  }

  @Test
  void shouldShowTargetsAndFigures() throws Exception {
    Peers.Server a = peers.echo("a");
    BalancerConfig config =
        BalancerConfig.of(
                List.of(ListenConfig.of("web", BalancerTest.anyPort(), "web")),
                List.of(PoolConfig.of("web", List.of(a.target().name("a\"1")))))
            .web(BalancerTest.anyPort())
            .stopTimeout(Duration.ofMillis(50));
    try (Balancer balancer = Balancer.open(group, config);
        HttpClient client = HttpClient.newHttpClient()) {
      String link = balancer.link();
      assertThat(
              Peers.readLine(
                  peers.connect(Objects.requireNonNull(balancer.addresses().get("web")))))
          .isEqualTo("a");
      assertThat(get(client, link, "/")).contains("<title>Gyre balance</title>");
      assertThat(get(client, link, "/balance.js")).contains("gyre.start");
      assertThat(get(client, link, "/api/list")).contains("\"name\":\"a\\\"1\"");
      assertThat(get(client, link, "/api/stats")).contains("\"accepted\":1");
      assertThat(get(client, link, "/api/events")).contains("\"text\":\"added, at 127.0.0.1:");
      assertThat(get(client, link, "/metrics"))
          .contains("gyre_balancer_accepted_total 1\n")
          .contains("gyre_balancer_sessions 1\n")
          .contains("gyre_balancer_target_connections_total{pool=\"web\",target=\"a\\\"1\"} 1\n");
    }
  }

  @Test
  void shouldShowTheDemo() throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    BalancerDemo demo = BalancerDemo.start(group, BalancerTest.anyPort(), told::add);
    Balancer balancer = demo.balancer();
    try (HttpClient client = HttpClient.newHttpClient()) {
      assertThat(get(client, balancer.link(), "/api/list")).contains("\"name\":\"demo\"");
      assertThat(told).anyMatch(line -> line.startsWith("demo/a: added, at 127.0.0.1:"));
      Peers.until("there is a load", () -> balancer.counters().accepted.sum() > 5);
    }
  }
}
