package gyre.http.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.http.HttpHandler;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.ResponseBody;
import gyre.http.client.ClientOptions;
import gyre.http.client.ClientRequest;
import gyre.http.client.HttpClient;
import gyre.sim.Simulation;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams on which little happens, in virtual time. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SseSilenceTest {
  private static final int PORT = 8080;

  private interface Listening {
    void run(SseClient client) throws Exception;
  }

  private static void world(HttpHandler handler, SseClientOptions options, Listening listening) {
    Simulation.seed(1)
        .limit(Duration.ofHours(10))
        .world(world -> {
          world
              .host("server")
              .background(() -> {
                try (HttpServer server =
                    HttpServer.serve(
                        Loop.current(),
                        new InetSocketAddress("0.0.0.0", PORT),
                        HttpOptions.defaults(),
                        handler)) {
                  assertThat(server.connections()).isNotNull();
                  Fiber.sleep(Duration.ofDays(1));
                }
              });
          world
              .host("client")
              .run(() -> {
                ClientRequest request = ClientRequest.get("http://server:" + PORT + "/");
                try (HttpClient http = HttpClient.open(ClientOptions.defaults());
                    SseClient client = SseClient.open(http, request, options)) {
                  listening.run(client);
                }
              });
        })
        .run();
  }

  @Test
  void shouldStayConnectedWhileThereAreOnlyHeartbeats() {
    world(
        (request, response) -> {
          ResponseBody out = response.contentType("text/event-stream").stream();
          for (int i = 0; i < 240; i++) { // an hour
            out.write(":\n\n");
            Fiber.sleep(Duration.ofSeconds(15));
          }
          out.write("data: a\n\n");
        },
        SseClientOptions.defaults(),
        client -> {
          assertThat(client.next()).isEqualTo(SseEvent.of("a"));
          assertThat(client.connections()).isEqualTo(1);
        });
  }

  @Test
  void shouldGiveUpAConnectionThatIsSilent() {
    world(
        (request, response) -> {
          ResponseBody out = response.contentType("text/event-stream").stream();
          out.write("data: a\n\n");
          Fiber.sleep(Duration.ofMinutes(5));
        },
        SseClientOptions.defaults().silence(Duration.ofMinutes(2)).attempts(0),
        client -> {
          assertThat(client.next()).isEqualTo(SseEvent.of("a"));
          assertThatThrownBy(client::next)
              .isInstanceOf(SseException.class)
              .hasMessageContaining("nothing came for PT2M");
        });
  }
}
