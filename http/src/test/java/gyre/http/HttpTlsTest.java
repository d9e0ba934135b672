package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.LoopGroup;
import gyre.Loops;
import gyre.proxy.ProxyTrust;
import gyre.tls.ClientCertificates;
import gyre.tls.SelfSigned;
import gyre.tls.TlsIdentity;
import gyre.tls.TlsServer;
import gyre.tls.TlsServerOptions;
import gyre.tls.TlsSite;
import java.io.IOException;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP over TLS and behind proxies, with clients from outside. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HttpTlsTest {
  private static final SelfSigned AUTHORITY = SelfSigned.authority("Test");
  private static final TlsIdentity SERVER = AUTHORITY.issueServer("localhost", "127.0.0.1");
  private static final Path CURL = Path.of("/usr/bin/curl");
  private static final int MUCH = 5_000_000;

  @TempDir private Path directory;

  private static void answer(Request request, Response response) {
    int length = request.body().readAll().length;
    if (request.isPath("/large")) {
      byte[] large = new byte[MUCH];
      for (int i = 0; i < large.length; i++) {
        large[i] = (byte) (i * 7);
      }
      response.send(large);
      return;
    }
    var tls = request.tls();
    response.send(
        request.method()
            + " "
            + length
            + " "
            + (tls == null ? "clear" : tls.protocol())
            + " "
            + request.peer());
  }

  private static HttpOptions options(TlsServer tls) {
    return HttpOptions.defaults().limits(HttpLimits.defaults().bodyBytes(2 * MUCH)).tls(tls);
  }

  private static TlsServer server() {
    return TlsServer.of(TlsServerOptions.of(SERVER).applicationProtocols("http/1.1", "http/1.0"));
  }

  private record Output(int status, String text) {}

  private Output curl(HttpServer server, String path, String... more) throws Exception {
    assumeTrue(Files.isExecutable(CURL), "curl is not installed");
    Path authority = Files.writeString(directory.resolve("ca.pem"), AUTHORITY.certificatePem());
    List<String> command =
        new ArrayList<>(List.of(CURL.toString(), "-s", "-S", "--max-time", "30", "--cacert"));
    command.add(authority.toString());
    command.addAll(List.of(more));
    command.add("https://localhost:" + server.address().getPort() + path);
    command.addAll(List.of("--connect-to", "::127.0.0.1:" + server.address().getPort()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    return new Output(process.waitFor(), text);
  }

  private static LoopGroup group() {
    return LoopGroup.open(1, Loops.options("epoll"));
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldHeedTheLimitForTheHandshake(Style style) throws Exception {
    HttpOptions hasty =
        HttpOptions.defaults()
            .limits(
                HttpLimits.defaults()
                    .handshakeTimeout(Duration.ofMillis(50))
                    .headTimeout(Duration.ofHours(1)))
            .tls(TlsServer.of(TlsServerOptions.of(SERVER).handshakeTimeout(Duration.ofHours(1))));
    try (LoopGroup group = group();
        HttpServer server = style.open(group.loop(0), hasty, HttpTlsTest::answer);
        RawClient silent = new RawClient(server.address())) {
      try {
        String ignored = silent.rest(); // ends, in whatever way
      } catch (SocketException e) {
        assertThat(e).hasMessageContaining("reset");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldServeCurlOverBothVersions(Style style) throws Exception {
    try (LoopGroup group = group();
        HttpServer server = style.open(group.loop(0), options(server()), HttpTlsTest::answer)) {
      assertThat(curl(server, "/a", "--tlsv1.3").text()).startsWith("GET 0 TLSv1.3 /127.0.0.1:");
      assertThat(curl(server, "/a", "--tls-max", "1.2").text()).startsWith("GET 0 TLSv1.2 ");
      assertThat(curl(server, "/a", "-v", "-w", "\n%{num_connects}", url(server, "/b")).text())
          .contains("Re-using existing connection")
          .contains("ALPN: server accepted http/1.1");
      Path body = Files.write(directory.resolve("body"), new byte[MUCH]);
      assertThat(curl(server, "/a", "--data-binary", "@" + body).text())
          .startsWith("POST " + MUCH + " TLS");
      assertThat(curl(server, "/large").text()).hasSize(MUCH);
      assertThat(curl(server, "/a", "-0").text()).as("offers http/1.0").startsWith("GET 0 TLS");
      Output refused = curl(server, "/a", "--tls-max", "1.1");
      assertThat(refused.status()).as(refused.text()).isNotZero();
      assertThat(curl(server, "/a").text()).as("goes on").startsWith("GET");
    }
  }

  private static String url(HttpServer server, String path) {
    return "https://localhost:" + server.address().getPort() + path;
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldTakeTheClientFromTrustedProxies(Style style) throws Exception {
    HttpOptions behind = options(server()).proxyProtocol(ProxyTrust.of("127.0.0.0/8"));
    try (LoopGroup group = group();
        HttpServer server = style.open(group.loop(0), behind, HttpTlsTest::answer)) {
      assertThat(curl(server, "/a", "--haproxy-protocol").text())
          .startsWith("GET 0 TLSv1.3 /127.0.0.1:");
      assertThat(curl(server, "/a").status()).as("whoever is trusted sends one").isNotZero();
    }
  }

  /** More than a stream holds, in chunks and with a length, while a fiber reads piece by piece. */
  @ParameterizedTest
  @ValueSource(strings = {"auto", "epoll"})
  void shouldReadInAFiberWhatCurlSendsFaster(String engine) throws Exception {
    HttpHandler counting =
        HttpHandler.inFiber(
            HttpHandler.streaming((request, response) -> {
              RequestBody body = request.body().limit(2 * MUCH);
              long bytes = 0;
              while (body.await(1)) {
                bytes += body.input().size();
                body.input().clear();
              }
              response.send(request.method() + " " + bytes);
            }));
    String body = "@" + Files.write(directory.resolve("body"), new byte[MUCH]);
    try (LoopGroup group = LoopGroup.open(1, Loops.options(engine));
        HttpServer server = Style.PUSH.open(group.loop(0), options(server()), counting)) {
      assertThat(curl(server, "/", "--data-binary", body).text()).isEqualTo("POST " + MUCH);
      Output chunked = curl(server, "/", "-H", "Transfer-Encoding: chunked", "--data-binary", body);
      assertThat(chunked.text()).isEqualTo("POST " + MUCH);
    }
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldServeTheClientOfTheJdk(Style style) throws Exception {
    try (LoopGroup group = group();
        HttpServer server = style.open(group.loop(0), options(server()), HttpTlsTest::answer);
        HttpClient client = HttpClient.newBuilder().sslContext(trusting()).build()) {
      for (int i = 0; i < 3; i++) {
        HttpResponse<byte[]> large =
            client.send(
                HttpRequest.newBuilder(URI.create(url(server, "/large"))).build(),
                HttpResponse.BodyHandlers.ofByteArray());
        assertThat(large.body()).hasSize(MUCH);
        HttpResponse<String> answer =
            client.send(
                HttpRequest.newBuilder(URI.create(url(server, "/a")))
                    .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[100_000]))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.body()).startsWith("POST 100000 TLSv1.3");
      }
      assertThat(server.connections().getFirst()).isLessThanOrEqualTo(2);
    }
  }

  private static SSLContext trusting() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry("test", AUTHORITY.certificate());
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldLetInCertifiedClientsOnly(Style style) throws Exception {
    TlsSite site =
        TlsSite.of(SERVER)
            .clientCertificates(ClientCertificates.REQUIRED, List.of(AUTHORITY.certificate()));
    try (LoopGroup group = group();
        HttpServer server =
            style.open(
                group.loop(0),
                options(TlsServer.of(TlsServerOptions.of(site))),
                (request, response) ->
                    response.send(
                        Objects.requireNonNull(request.tls())
                                .peerCertificates()
                                .getFirst()
                                .getSubjectX500Principal()
                            + ""))) {
      assertThat(curl(server, "/", clientCertificate(AUTHORITY.issueClient("alice"))).text())
          .isEqualTo("CN=alice");
      SelfSigned other = SelfSigned.authority("Other");
      assertThat(curl(server, "/", clientCertificate(other.issueClient("eve"))).status())
          .isNotZero();
      assertThat(curl(server, "/").status()).isNotZero();
    }
  }

  /** Otherwise who need show nothing for one name would get what is behind the other. */
  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldServeNoHostWhoseClientsHaveToShowMore(Style style) throws Exception {
    TlsIdentity identity = AUTHORITY.issueServer("localhost", "*.open.test", "secret.test");
    TlsSite secret =
        TlsSite.of(identity)
            .clientCertificates(ClientCertificates.REQUIRED, List.of(AUTHORITY.certificate()));
    TlsServerOptions options =
        TlsServerOptions.of(TlsSite.of(identity))
            .site("secret.test", secret)
            .site("*.open.test", TlsSite.of(identity));
    try (LoopGroup group = group();
        HttpServer server =
            style.open(group.loop(0), options(TlsServer.of(options)), HttpTlsTest::answer)) {
      for (String host :
          List.of(
              "localhost", "localhost:1", "a.open.test", "other.test", "[::1]:4", "127.0.0.1")) {
        assertThat(curl(server, "/a", "-H", "Host: " + host).text()).as(host).startsWith("GET");
      }
      for (String host : List.of("secret.test", "SECRET.test:443", "secret.test.")) {
        assertThat(curl(server, "/a", "-H", "Host: " + host).text())
            .as(host)
            .isEqualTo("421 Misdirected Request: this host needs a connection of its own\n");
      }
    }
  }

  private String[] clientCertificate(TlsIdentity client) throws IOException {
    Path certificate = Files.writeString(directory.resolve("client.pem"), client.certificatesPem());
    Path key = Files.writeString(directory.resolve("client.key"), client.keyPem());
    return new String[] {"--cert", certificate.toString(), "--key", key.toString()};
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldRefuseWhoSpeaksInTheClear(Style style) throws Exception {
    try (LoopGroup group = group();
        HttpServer server = style.open(group.loop(0), options(server()), HttpTlsTest::answer);
        HttpClient client = HttpClient.newHttpClient()) {
      URI clear = URI.create("http://127.0.0.1:" + server.address().getPort() + "/");
      assertThatThrownBy(() ->
              client.send(
                  HttpRequest.newBuilder(clear).build(), HttpResponse.BodyHandlers.ofString()))
          .isInstanceOf(IOException.class);
      assertThat(curl(server, "/a").text()).startsWith("GET");
      assertThat(server.peerFailures()).isPositive();
    }
  }
}
