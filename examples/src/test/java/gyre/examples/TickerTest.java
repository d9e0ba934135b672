package gyre.examples;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.FreePort;
import gyre.Loop;
import gyre.Scope;
import gyre.http.client.ClientOptions;
import gyre.http.client.ClientRequest;
import gyre.http.client.ClientResponse;
import gyre.http.client.HttpClient;
import gyre.http.sse.SseClient;
import gyre.http.sse.SseClientOptions;
import gyre.http.sse.SseEvent;
import gyre.sync.Retry;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The example {@code ticker}. */
@Timeout(120)
class TickerTest {
  @Test
  void shouldSendPricesAndWhatWasMissed() throws Exception {
    int port = FreePort.next();
    String url = "http://127.0.0.1:" + port;
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        Retry untilItIsThere = Retry.defaults().attempts(1000).maxDelay(Duration.ofMillis(50));
        try (Scope scope = Scope.open("program");
            HttpClient client = HttpClient.open(ClientOptions.defaults().retry(untilItIsThere))) {
          scope.start(() -> Program.of(Ticker.class, "auto", String.valueOf(port)).run());
          try (ClientResponse page = client.send(ClientRequest.get(url + "/"))) {
            assertThat(page.header("Content-Type")).isEqualTo("text/html; charset=utf-8");
            assertThat(page.body().readText()).contains("new EventSource('/events')");
          }
          long first = firstNumber(client, ClientRequest.get(url + "/events"));
          // Whoever was away since then is sent the next one, however late he comes.
          assertThat(
                  firstNumber(
                      client,
                      ClientRequest.get(url + "/events").header("Last-Event-ID", "" + first)))
              .isEqualTo(first + 1);
          scope.cancel("it works");
        }
      });
    }
  }

  private static long firstNumber(HttpClient client, ClientRequest request) {
    try (SseClient events = SseClient.open(client, request, SseClientOptions.defaults())) {
      SseEvent event = events.next();
      if (event == null) {
        throw new AssertionError("there are no more events");
      }
      assertThat(event.type()).isEqualTo("price");
      assertThat(event.data()).matches("[0-9]+\\.[0-9]{2}");
      return Long.parseLong(String.valueOf(event.id()));
    }
  }
}
