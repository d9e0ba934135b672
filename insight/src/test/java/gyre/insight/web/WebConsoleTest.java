package gyre.insight.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.FiberMode;
import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.http.HttpException;
import gyre.http.sse.SseEvent;
import gyre.http.sse.SseHub;
import gyre.insight.web.RawHttp.Answer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may see and do what on a page, and what happens to those who may not. */
@Tag("fiber-modes-1")
@Timeout(180)
class WebConsoleTest {
  private static final String TOKEN = "0123456789abcdef-token";
  private static final Duration LONG = Duration.ofMinutes(2);

  private final LoopGroup loops = LoopGroup.open(1, loopOptions());
  private final AtomicInteger acted = new AtomicInteger();

  @SuppressWarnings("NullAway.Init")
  private WebConsole console;

  @SuppressWarnings("NullAway.Init")
  private SseHub feed;

  private static LoopOptions loopOptions() {
    return System.getProperty("gyre.test.fibers", "native").equals("baton")
        ? LoopOptions.defaults().fibers(FiberMode.BATON)
        : LoopOptions.defaults();
  }

  private static WebOptions local() {
    return WebOptions.at(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  private InetSocketAddress open(WebOptions options) {
    console = WebConsole.create(options);
    console
        .asset("/", "page.html", "<h1>page</h1>".getBytes(StandardCharsets.UTF_8))
        .data("/api/data", request -> "{\"name\":\"" + request.field("name") + "\"}")
        .action("/api/act", request -> "{\"done\":" + acted.incrementAndGet() + "}")
        .probe("/healthz", () -> "")
        .probe("/readyz", () -> "not yet");
    feed = console.feed("/api/feed");
    return console.open(loops.loop(0)).address();
  }

  @AfterEach
  void close() {
    if (console != null) {
      console.close();
    }
    loops.close();
  }

  private static String csrf(InetSocketAddress address, String... fields) throws IOException {
    String told = RawHttp.get(address, "/session", fields).body();
    return told.replaceAll(".*\"csrf\":\"([0-9a-f]*)\".*\\s*", "$1");
  }

  // ---- pages and data

  @Test
  void shouldServeFilesDataAndProbes() throws IOException {
    InetSocketAddress address = open(local());
    Answer page = RawHttp.get(address, "/");
    assertThat(page.status()).isEqualTo(200);
    assertThat(page.body()).isEqualTo("<h1>page</h1>");
    assertThat(page.field("Content-Type")).isEqualTo("text/html; charset=utf-8");
    assertThat(RawHttp.get(address, "/api/data?name=a%20b&name=c").body()).contains("\"a b\"");
    for (String each : List.of("kit.css", "kit.js", "uplot.js", "uplot.css", "uplot-LICENSE.txt")) {
      assertThat(RawHttp.get(address, "/kit/" + each).status()).as(each).isEqualTo(200);
    }
    assertThat(RawHttp.get(address, "/healthz").body()).isEqualTo("ok\n");
    Answer notReady = RawHttp.get(address, "/readyz");
    assertThat(notReady.status()).isEqualTo(503);
    assertThat(notReady.body()).isEqualTo("not yet\n");
    assertThat(RawHttp.get(address, "/../../etc/passwd").status()).isBetween(400, 404);
  }

  @Test
  void shouldSendAFileAgainOnlyWhenItHasChanged() throws IOException {
    InetSocketAddress address = open(local());
    String tag = RawHttp.get(address, "/").field("ETag");
    Answer again = RawHttp.get(address, "/", "If-None-Match: " + tag);
    assertThat(again.status()).isEqualTo(304);
    assertThat(again.body()).isEmpty();
  }

  /** As browsers ask: compressed, and with what a proxy may have made of the tag. */
  @ParameterizedTest
  @ValueSource(strings = {"%s", "W/%s", "\"other\", W/%s", "*"})
  void shouldSendACompressedFileAgainOnlyWhenItHasChanged(String tags) throws IOException {
    InetSocketAddress address = open(local());
    String gzip = "Accept-Encoding: br, gzip;q=0.9";
    Answer first = RawHttp.get(address, "/kit/uplot.js", gzip);
    assertThat(first.field("Content-Encoding")).isEqualTo("gzip");
    assertThat(first.field("ETag")).as("what the file has").startsWith("\"");
    String known = "If-None-Match: " + tags.formatted(first.field("ETag"));
    assertThat(RawHttp.get(address, "/kit/uplot.js", gzip, known).status()).isEqualTo(304);
    String none = "Accept-Encoding: gzip;q=0";
    assertThat(RawHttp.get(address, "/kit/uplot.js", none).field("Content-Encoding")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/api/data", "/session", "/healthz", "/nowhere"})
  void shouldForbidScriptsFramesAndGuessing(String target) throws IOException {
    Answer answer = RawHttp.get(open(local()), target);
    assertThat(answer.field("Content-Security-Policy"))
        .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
        .doesNotContain("unsafe");
    assertThat(answer.field("X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(answer.field("X-Frame-Options")).isEqualTo("DENY");
    assertThat(answer.field("Referrer-Policy")).isEqualTo("no-referrer");
  }

  // ---- names that others have pointed here

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, 200",
    "127.0.0.1:7080, 200",
    "localhost:1, 200",
    "LOCALHOST, 200",
    "[::1]:7080, 200",
    "192.168.1.5:7080, 200",
    "queue.example.org:7080, 200",
    "Queue.Example.org, 200",
    "evil.example.com, 421",
    "evil.example.com:7080, 421",
    "localhost.evil.example.com, 421",
    "127.0.0.1.evil.example.com, 421",
    "queue.example.org.evil.com, 421",
    "1.2.3, 421",
    "999.1.1.1, 421",
    "0x7f000001, 421",
    "2130706433, 421",
  })
  void shouldAnswerToItsOwnNamesAlone(String host, int status) throws IOException {
    InetSocketAddress address = open(local().host("queue.example.org"));
    for (String target : List.of("/", "/api/data", "/session", "/healthz", "/kit/kit.js")) {
      assertThat(RawHttp.get(address, target, "Host: " + host).status())
          .as(target)
          .isEqualTo(status == 421 ? 421 : 200);
    }
  }

  // ---- other sites

  @Test
  void shouldActOnlyForItsOwnPage() throws IOException {
    InetSocketAddress address = open(local());
    String csrf = "X-Gyre-Csrf: " + csrf(address);
    assertThat(RawHttp.post(address, "/api/act", "").status()).isEqualTo(403);
    assertThat(RawHttp.post(address, "/api/act", "", "X-Gyre-Csrf: guess").status()).isEqualTo(403);
    assertThat(RawHttp.get(address, "/api/act").status()).isEqualTo(405);
    assertThat(acted.get()).isZero();
    assertThat(RawHttp.post(address, "/api/act", "", csrf).body()).isEqualTo("{\"done\":1}");
    String own = "Origin: http://127.0.0.1";
    String site = "Sec-Fetch-Site: same-origin";
    assertThat(RawHttp.post(address, "/api/act", "a=b", csrf, own, site).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Origin: http://evil.example.com",
        "Origin: null",
        "Origin: http://127.0.0.1:1234",
        "Origin: http://127.0.0.1.evil.example.com",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site"
      })
  void shouldRefuseRequestsOfOtherSites(String field) throws IOException {
    InetSocketAddress address = open(local());
    String csrf = "X-Gyre-Csrf: " + csrf(address);
    assertThat(RawHttp.post(address, "/api/act", "", csrf, field).status()).isEqualTo(403);
    assertThat(RawHttp.get(address, "/api/data", field).status()).isEqualTo(403);
    assertThat(RawHttp.get(address, "/api/feed", field).status()).isEqualTo(403);
    assertThat(RawHttp.get(address, "/session", field).status()).isEqualTo(403);
    assertThat(RawHttp.post(address, "/session", "token=x", field).status()).isEqualTo(403);
    assertThat(acted.get()).isZero();
  }

  // ---- tokens

  @Test
  void shouldTellNothingWithoutTheToken() throws IOException {
    InetSocketAddress address = open(local().token(TOKEN));
    assertThat(RawHttp.get(address, "/").status()).isEqualTo(200);
    assertThat(RawHttp.get(address, "/healthz").status()).isEqualTo(200);
    assertThat(RawHttp.get(address, "/session").body())
        .contains("\"signedIn\":false", "\"needsToken\":true", "\"csrf\":\"\"");
    for (String field :
        List.of(
            "X-Nothing: 1",
            "Authorization: Bearer wrong-wrong-wrong-wrong",
            "Authorization: Bearer " + TOKEN + "x",
            "Authorization: Bearer " + TOKEN.substring(1),
            "Authorization: Bearer ",
            "Authorization: Basic " + TOKEN,
            "Authorization: " + TOKEN,
            "Cookie: gyre-" + address.getPort() + "=" + TOKEN,
            "Cookie: gyre-" + address.getPort() + "=")) {
      assertThat(RawHttp.get(address, "/api/data", field).status()).as(field).isEqualTo(401);
      assertThat(RawHttp.get(address, "/api/feed", field).status()).as(field).isEqualTo(401);
      assertThat(RawHttp.post(address, "/api/act", "", field).status()).as(field).isEqualTo(401);
    }
    assertThat(RawHttp.get(address, "/api/data?token=" + TOKEN).status()).isEqualTo(401);
    assertThat(acted.get()).isZero();
  }

  @Test
  void shouldTakeTheTokenOfAProgram() throws IOException {
    InetSocketAddress address = open(local().token(TOKEN));
    String bearer = "Authorization: bearer " + TOKEN;
    assertThat(RawHttp.get(address, "/api/data", bearer).status()).isEqualTo(200);
    assertThat(RawHttp.post(address, "/api/act", "", bearer).status()).isEqualTo(200);
  }

  @Test
  void shouldSignInAndOut() throws IOException {
    InetSocketAddress address = open(local().token(TOKEN));
    assertThat(RawHttp.post(address, "/session", "token=wrong").status()).isEqualTo(401);
    Answer in = RawHttp.post(address, "/session", "token=" + TOKEN);
    assertThat(in.status()).isEqualTo(204);
    assertThat(in.field("Set-Cookie"))
        .contains("HttpOnly", "SameSite=Strict", "Path=/")
        .doesNotContain(TOKEN);
    String cookie = "Cookie: other=1; " + in.field("Set-Cookie").split(";", 2)[0];
    assertThat(RawHttp.get(address, "/api/data", cookie).status()).isEqualTo(200);
    assertThat(RawHttp.post(address, "/api/act", "", cookie).status()).isEqualTo(403);
    String csrf = "X-Gyre-Csrf: " + csrf(address, cookie);
    assertThat(RawHttp.post(address, "/api/act", "", cookie, csrf).status()).isEqualTo(200);
    Answer out = RawHttp.ask(address, "DELETE /session", "", cookie, csrf);
    assertThat(out.field("Set-Cookie")).contains("Max-Age=0");
    assertThat(RawHttp.get(address, "/api/data", cookie).status())
        .as("the cookie of one who has signed out")
        .isEqualTo(401);
  }

  @Test
  void shouldSignInEachForHimselfAlone() throws IOException {
    InetSocketAddress address = open(local().token(TOKEN));
    List<String> cookies = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Answer in = RawHttp.post(address, "/session", "token=" + TOKEN);
      cookies.add("Cookie: " + in.field("Set-Cookie").split(";", 2)[0]);
    }
    String csrf = "X-Gyre-Csrf: " + csrf(address, cookies.getFirst());
    Answer ignored = RawHttp.ask(address, "DELETE /session", "", cookies.getFirst(), csrf);
    assertThat(RawHttp.get(address, "/api/data", cookies.getFirst()).status()).isEqualTo(401);
    assertThat(RawHttp.get(address, "/api/data", cookies.getLast()).status()).isEqualTo(200);
  }

  /** The page decodes what stands behind it. */
  @Test
  void shouldWriteATokenSoThatALinkCanHaveIt() {
    open(local().token("100%25+sure-0123456"));
    assertThat(console.link()).endsWith("#token=100%2525%2Bsure-0123456");
  }

  @Test
  void shouldHaveATokenOfItsOwnWhereOthersCanReachIt() {
    open(WebOptions.at(new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 0)));
    assertThat(console.token().orElse("")).matches("[0-9a-f]{32}");
    assertThat(console.link()).endsWith("/#token=" + console.token().orElse(""));
    assertThat(console.link()).doesNotContain("0.0.0.0");
  }

  @Test
  void shouldRefuseOptionsThatProtectNothing() {
    assertThatThrownBy(() -> local().token("short")).hasMessageContaining("16 to 256 characters");
    assertThatThrownBy(() -> local().token("has a blank in the midst of it"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> local().host("a b")).hasMessageContaining("host is no name");
    assertThat(local().token(TOKEN).toString()).doesNotContain(TOKEN);
  }

  // ---- what is too much

  @Test
  void shouldRefuseWhatIsTooLarge() throws IOException {
    InetSocketAddress address = open(local());
    String csrf = "X-Gyre-Csrf: " + csrf(address);
    assertThat(RawHttp.post(address, "/api/act", "a=" + "x".repeat(70_000), csrf).status())
        .isEqualTo(413);
    assertThat(RawHttp.get(address, "/api/data?" + "a=b&".repeat(100)).status()).isEqualTo(400);
    assertThat(RawHttp.get(address, "/api/data?name=%zz").status()).isEqualTo(400);
    assertThat(RawHttp.get(address, "/" + "x".repeat(9000)).status()).isEqualTo(414);
    assertThat(acted.get()).isZero();
    assertThat(RawHttp.get(address, "/api/data").status()).isEqualTo(200);
  }

  @Test
  void shouldTellOneOfThoseThatAskTooMuchAtOnce() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    console = WebConsole.create(local().jobs(1));
    console.data(
        "/slow",
        request -> {
          goOn.await();
          return "{}";
        });
    InetSocketAddress address = console.probe("/healthz", () -> "").open(loops.loop(0)).address();
    int clients = 40; // one at work, 16 that wait, and the rest is refused
    CountDownLatch refused = new CountDownLatch(clients - 17);
    Queue<Integer> statuses = new ConcurrentLinkedQueue<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                int status = status(address);
                statuses.add(status);
                if (status == 503) {
                  refused.countDown();
                }
              }));
    }
    try {
      assertThat(refused.await(100, TimeUnit.SECONDS)).isTrue();
      assertThat(RawHttp.get(address, "/healthz").status()).isEqualTo(200);
    } finally {
      goOn.countDown();
    }
    for (Thread each : threads) {
      each.join();
    }
    assertThat(statuses).hasSize(clients).containsOnly(200, 503);
    assertThat(statuses.stream().filter(each -> each == 200)).hasSize(17);
  }

  private static int status(InetSocketAddress address) {
    try {
      return RawHttp.get(address, "/slow").status();
    } catch (IOException e) {
      return -1;
    }
  }

  @Test
  void shouldTellWhatAHandlerThrows() throws IOException {
    console = WebConsole.create(local());
    console
        .data(
            "/gone",
            request -> {
              throw new HttpException(404, "it \"is\" not there\n<b>");
            })
        .data(
            "/broken",
            request -> {
              throw new IllegalStateException("secret");
            })
        .data("/needed", request -> request.needed("name") + request.number("n", 1, 1, 9));
    InetSocketAddress address = console.open(loops.loop(0)).address();
    Answer gone = RawHttp.get(address, "/gone");
    assertThat(gone.status()).isEqualTo(404);
    assertThat(gone.field("Content-Type")).isEqualTo("application/json");
    assertThat(gone.body()).contains("it \\\"is\\\" not there\\n<b>");
    Answer broken = RawHttp.get(address, "/broken");
    assertThat(broken.status()).isEqualTo(500);
    assertThat(broken.body()).doesNotContain("secret");
    assertThat(RawHttp.get(address, "/needed").body()).contains("name is missing");
    assertThat(RawHttp.get(address, "/needed?name=a&n=10").body()).contains("from 1 to 9");
    assertThat(RawHttp.get(address, "/needed?name=a&n=9").body()).isEqualTo("a9");
  }

  // ---- the feed

  private static Socket listen(InetSocketAddress address) throws IOException {
    return listen(RawHttp.connect(address));
  }

  private static Socket listen(Socket socket) throws IOException {
    socket
        .getOutputStream()
        .write(
            "GET /api/feed HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    return socket;
  }

  @Test
  void shouldTellTwoHundredWhoListen() throws IOException {
    InetSocketAddress address = open(local());
    List<Socket> listeners = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        listeners.add(listen(address));
      }
      for (Socket each : listeners) {
        assertThat(RawHttp.readUntil(each.getInputStream(), "retry: 2000\n\n"))
            .contains("text/event-stream", "Content-Security-Policy");
      }
      assertThat(feed.subscribers()).isEqualTo(200);
      feed.publish(SseEvent.of("{\"n\":1}").type("state").id("1"));
      for (Socket each : listeners) {
        RawHttp.readUntil(each.getInputStream(), "data: {\"n\":1}\n");
      }
      console.close(LONG); // a second may be over before all are told
      for (Socket each : listeners) {
        RawHttp.readUntil(each.getInputStream(), "event: end\n");
      }
    } finally {
      for (Socket each : listeners) {
        each.close();
      }
    }
  }

  @Test
  void shouldRefuseOneListenerTooMany() throws IOException {
    InetSocketAddress address = open(local().subscribers(1));
    try (Socket first = listen(address)) {
      RawHttp.readUntil(first.getInputStream(), "retry: 2000\n\n");
      assertThat(RawHttp.get(address, "/api/feed").status()).isEqualTo(503);
      assertThat(RawHttp.get(address, "/api/data").status()).isEqualTo(200);
    }
  }

  /** One who does not read costs nobody anything, and has the newest when he reads again. */
  @Test
  void shouldHaveASlowListenerMissWhatIsOld() throws IOException {
    InetSocketAddress address = open(local());
    String large = "x".repeat(100_000);
    try (Socket slow = listen(RawHttp.connect(address, 8 << 10));
        Socket quick = listen(address)) {
      InputStream late = new BufferedInputStream(slow.getInputStream());
      InputStream soon = new BufferedInputStream(quick.getInputStream());
      RawHttp.readUntil(late, "retry: 2000\n\n");
      RawHttp.readUntil(soon, "retry: 2000\n\n");
      int events = 60; // 6 MB: more than sockets keep
      for (int i = 1; i <= events; i++) {
        feed.publish(SseEvent.of(large).type("n").id(String.valueOf(i)));
        RawHttp.readUntil(soon, "id: " + i + "\n");
      }
      String read = RawHttp.readUntil(late, "id: " + events + "\n");
      int got = read.split("id: ", -1).length - 1;
      assertThat(got).isLessThan(events);
      assertThat(feed.dropped()).isEqualTo(events - got);
    }
  }
}
