package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.LoopGroup;
import gyre.Loops;
import gyre.net.ListenOptions;
import gyre.net.ServerOptions;
import gyre.net.StreamOptions;
import gyre.tls.SelfSigned;
import gyre.tls.TlsServer;
import gyre.tls.TlsServerOptions;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A peer that does not end its side holds no place at the server, unless it is sending. */
@Tag("fiber-modes")
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConnectionEndTest {
  /** The time for closing is so long that the test does not live to see it. */
  private static HttpOptions patient() {
    StreamOptions stream = StreamOptions.defaults().closeTimeout(Duration.ofHours(1));
    return HttpOptions.defaults()
        .server(ServerOptions.defaults().listen(ListenOptions.defaults().stream(stream)));
  }

  /** Until nobody is connected, which the limit of the test bounds. */
  private static void awaitNobody(HttpServer server) {
    while (server.connections().getFirst() > 0) {
      Thread.onSpinWait();
    }
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldLetGoOfAPeerWhoseWholeHeadWasRefused(Style style) throws Exception {
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server =
            style.open(group.loop(0), patient(), (request, response) -> response.send("no"));
        RawClient client = new RawClient(server.address())) {
      client.send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
      assertThat(client.receive().status()).isEqualTo(400);
      assertThat(client.rest()).isEmpty();
      awaitNobody(server);
    }
  }

  /** What is too large has not ended: who goes on sending must get the answer all the same. */
  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldWaitForAPeerWhoseHeadIsTooLarge(Style style) throws Exception {
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server =
            style.open(group.loop(0), patient(), (request, response) -> response.send("no"));
        RawClient client = new RawClient(server.address())) {
      client.send("GET / HTTP/1.1\r\nHost: a\r\n" + "A: b\r\n".repeat(2000));
      assertThat(client.receive().status()).isEqualTo(431);
      client.send("A: b\r\n".repeat(100_000));
      assertThat(client.rest()).isEmpty();
      client.endOutput();
      awaitNobody(server);
    }
  }

  private static final SelfSigned AUTHORITY = SelfSigned.authority("Test");

  /** Takes any certificate: this is not what is tested. */
  private static final class Trusting implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldNotWaitForTheGoodbyeOfAnIdlePeer(Style style) throws Exception {
    TlsServer tls = TlsServer.of(TlsServerOptions.of(AUTHORITY.issueServer("localhost")));
    HttpOptions options =
        patient().tls(tls).limits(HttpLimits.defaults().idleTimeout(Duration.ofMillis(50)));
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(null, new TrustManager[] {new Trusting()}, null);
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server =
            style.open(group.loop(0), options, (request, response) -> response.send("once"));
        Socket socket =
            context
                .getSocketFactory()
                .createSocket(server.address().getAddress(), server.address().getPort())) {
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      StringBuilder answer = new StringBuilder();
      while (answer.indexOf("once") < 0) {
        answer.append((char) in.read());
      }
      awaitNobody(server); // who has not read the goodbye yet, and says none
    }
  }
}
