package gyre.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.net.ServerOptions;
import gyre.net.TcpServer;
import gyre.tls.TlsClient;
import gyre.tls.TlsClientOptions;
import gyre.tls.TlsIdentity;
import gyre.tls.TlsServer;
import gyre.tls.TlsServerOptions;
import gyre.tls.TlsStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client over TLS. */
@Tag("fiber-modes")
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HttpsClientTest {
  private static final TlsIdentity IDENTITY = TlsIdentity.selfSigned("127.0.0.1");

  /** Answers two requests on a connection, and ends it. */
  private static void serve(TlsStream stream) {
    for (int i = 0; i < 2; i++) {
      String line = stream.readLine(1000);
      if (line == null) {
        return;
      }
      while (!"".equals(stream.readLine(1000))) {}
      stream.write(ScriptedServer.ok(line));
    }
  }

  private static String get(HttpClient client, String url) {
    try (ClientResponse response = client.send(ClientRequest.get(url))) {
      assertThat(response.url().isSecure()).isTrue();
      return response.body().readText();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll", "nio"})
  void shouldAskOverTlsAndUseConnectionsAgain(String engine) {
    TlsServer tls = TlsServer.of(TlsServerOptions.of(IDENTITY));
    TlsClient trusting =
        TlsClient.of(TlsClientOptions.defaults().trust(List.of(IDENTITY.chain().getFirst())));
    Loops.run(
        engine,
        () -> {
          TcpServer server =
              TcpServer.serve(
                  Loop.current(),
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                  ServerOptions.defaults(),
                  tcp -> {
                    try (TlsStream stream = tls.accept(tcp)) {
                      serve(stream);
                    }
                  });
          String url = "https://127.0.0.1:" + server.address().getPort();
          try (HttpClient client = HttpClient.open(ClientOptions.defaults().tls(trusting))) {
            for (int i = 0; i < 6; i++) {
              assertThat(get(client, url + "/" + i)).isEqualTo("GET /" + i + " HTTP/1.1");
              Fiber.sleep(Duration.ofMillis(5)); // the end of every second one is heard of
            }
            assertThat(client.counters().connects()).isEqualTo(3);
          }
          try (HttpClient client =
              HttpClient.open(
                  ClientOptions.defaults().tls(TlsClient.of(TlsClientOptions.defaults())))) {
            assertThatThrownBy(() -> get(client, url + "/"))
                .isInstanceOfSatisfying(
                    HttpClientException.class, e -> assertThat(e.phase()).isEqualTo(Phase.TLS));
          } finally {
            server.close(Duration.ofMillis(100));
          }
        });
  }
}
