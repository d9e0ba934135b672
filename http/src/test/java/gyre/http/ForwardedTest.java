package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.LoopGroup;
import gyre.Loops;
import gyre.proxy.ProxyTrust;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What handlers and the access log see of a client behind proxies, over real sockets. */
@Tag("fiber-modes")
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ForwardedTest {
  private static void tell(Request request, Response response) {
    InetSocketAddress client = request.client();
    response.send(
        (client == null ? "unknown" : client.getAddress().getHostAddress())
            + " "
            + request.scheme()
            + " "
            + request.host());
  }

  private static String ask(RawClient client, String fields) throws Exception {
    RawClient.Answer answer =
        client.send("GET /x HTTP/1.1\r\nHost: inner\r\n%s\r\n".formatted(fields)).receive();
    return answer.status() + " " + answer.body();
  }

  private static HttpOptions trusting(String block) {
    return HttpOptions.defaults().forwarded(ForwardedTrust.standard(block));
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldTellWhomATrustedProxyNames(Style style) throws Exception {
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server =
            style.open(group.loop(0), trusting("127.0.0.0/8"), ForwardedTest::tell);
        RawClient proxy = new RawClient(server.address())) {
      assertThat(ask(proxy, "Forwarded: for=203.0.113.9;proto=https;host=a.example\r\n"))
          .isEqualTo("200 203.0.113.9 https a.example");
      // On the same connection, of another client: nothing stays.
      assertThat(ask(proxy, "")).isEqualTo("200 127.0.0.1 http inner");
      assertThat(ask(proxy, "Forwarded: for=unknown\r\n")).isEqualTo("200 unknown http inner");
      assertThat(ask(proxy, "Forwarded: for=\"\r\n"))
          .isEqualTo("400 400 Bad Request: Forwarded has a quote that does not end\n");
      assertThat(ask(proxy, "Forwarded: for=1.1.1.1\r\nForwarded: for=203.0.113.7\r\n"))
          .isEqualTo("200 203.0.113.7 http inner");
      assertThat(ask(proxy, "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\n"))
          .isEqualTo("200 127.0.0.1 http inner");
    }
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldHearNobodyElse(Style style) throws Exception {
    for (HttpOptions options : List.of(HttpOptions.defaults(), trusting("10.0.0.0/8"))) {
      try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
          HttpServer server = style.open(group.loop(0), options, ForwardedTest::tell);
          RawClient client = new RawClient(server.address())) {
        assertThat(ask(client, "Forwarded: for=10.0.0.1;proto=https;host=evil\r\n"))
            .isEqualTo("200 127.0.0.1 http inner");
        assertThat(ask(client, "Forwarded: for=\"\r\n")).isEqualTo("200 127.0.0.1 http inner");
      }
    }
  }

  /** Who is trusted with one is not trusted with the other. */
  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldAskWhetherTheOneNamedByThePROXYHeaderIsTrusted(Style style) throws Exception {
    HttpOptions options = trusting("10.0.0.0/8").proxyProtocol(ProxyTrust.of("127.0.0.0/8"));
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server = style.open(group.loop(0), options, ForwardedTest::tell)) {
      assertThat(named(server, "10.0.0.7")).isEqualTo("200 203.0.113.9 http inner");
      assertThat(named(server, "198.51.100.7")).isEqualTo("200 198.51.100.7 http inner");
    }
  }

  private static String named(HttpServer server, String source) throws Exception {
    try (RawClient client = new RawClient(server.address())) {
      client.send("PROXY TCP4 " + source + " 127.0.0.1 4711 80\r\n");
      return ask(client, "Forwarded: for=203.0.113.9\r\n");
    }
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldNameTheClientInTheAccessLog(Style style, @TempDir Path folder) throws Exception {
    Path file = folder.resolve("access.log");
    try (AccessLogFile log = AccessLogFile.open(file);
        LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server =
            style.open(group.loop(0), trusting("127.0.0.0/8").accessLog(log), ForwardedTest::tell);
        RawClient proxy = new RawClient(server.address())) {
      ask(proxy, "Forwarded: for=\"203.0.113.9:77\"\r\n");
      ask(proxy, "Forwarded: for=\"[2001:db8::1]\"\r\n");
      ask(proxy, "Forwarded: for=_secret\r\n");
      ask(proxy, "");
    }
    List<String> sources =
        Files.readAllLines(file).stream()
            .map(line -> line.replaceFirst("^\\S+ tcp-stream-\\d+ \\(127.0.0.1:\\d+\\)", ""))
            .map(line -> line.replaceFirst(" \"GET .*", ""))
            .toList();
    assertThat(sources)
        .containsExactly(" for 203.0.113.9:77", " for [2001:db8:0:0:0:0:0:1]", " for unknown", "");
  }
}
