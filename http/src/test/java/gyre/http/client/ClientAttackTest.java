package gyre.http.client;

import static gyre.http.client.ScriptedServer.always;
import static gyre.http.client.ScriptedServer.ok;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.http.HttpLimits;
import gyre.net.TcpStream;
import gyre.sync.Retry;
import gyre.sync.RetryBudget;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

// Over 500 lines: an attack each, and little else.
/** What a client does with servers that break the rules, or break. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClientAttackTest {
  private static final Retry QUICK =
      Retry.defaults().firstDelay(Duration.ofMillis(1)).budget(RetryBudget.create(20, 10));

  private interface Work {
    void run(HttpClient client) throws Exception;
  }

  private static void with(ClientOptions options, Work work) {
    Loops.run(
        "epoll",
        () -> {
          try (HttpClient client = HttpClient.open(options)) {
            work.run(client);
            assertThat(client.counters().lent()).as("lent").isZero();
          }
        });
  }

  private static void with(Work work) {
    with(ClientOptions.defaults(), work);
  }

  private static String get(HttpClient client, String url) {
    return text(client, ClientRequest.get(url));
  }

  private static String text(HttpClient client, ClientRequest request) {
    try (ClientResponse response = client.send(request)) {
      return response.status() + " " + response.body().readText();
    }
  }

  // ---- answers that belong to another request

  @Test
  void shouldNeverUseAConnectionWithSurplusBytesAgain() throws IOException {
    String poisoned = ok("a") + ok("stolen");
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.head();
              peer.send(poisoned);
              peer.rest();
            },
            always(ok("b")))) {
      with(client -> {
        assertThat(get(client, server.url("/1"))).isEqualTo("200 a");
        assertThat(get(client, server.url("/2"))).isEqualTo("200 b");
        assertThat(server.connections()).isEqualTo(2);
      });
    }
  }

  @Test
  void shouldNotTakeWhatCameWhileTheConnectionWasIdleForAnAnswer() throws IOException {
    CountDownLatch isIdle = new CountDownLatch(1);
    CountDownLatch isSent = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.head();
              peer.send(ok("a"));
              isIdle.await();
              peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen");
              isSent.countDown();
              peer.rest();
            },
            always(ok("b")))) {
      with(client -> {
        assertThat(get(client, server.url("/1"))).isEqualTo("200 a");
        assertThat(client.counters().idle()).isEqualTo(1);
        isIdle.countDown();
        while (isSent.getCount() > 0) {
          Fiber.sleep(Duration.ofMillis(1));
        }
        Fiber.sleep(Duration.ofMillis(20)); // it lies in the kernel: the next turns take it
        assertThat(get(client, server.url("/2"))).isEqualTo("200 b");
      });
    }
  }

  @Test
  void shouldNeverUseAConnectionAgainWhoseEndWasTheEndOfABody() throws IOException {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.head();
              peer.send("HTTP/1.1 200 OK\r\n\r\nto the end");
            },
            always(ok("b")))) {
      with(client -> {
        assertThat(get(client, server.url("/1"))).isEqualTo("200 to the end");
        assertThat(client.counters().idle()).isZero();
        assertThat(get(client, server.url("/2"))).isEqualTo("200 b");
      });
    }
  }

  @ParameterizedTest
  @CsvSource({"8, true", "9, false"})
  void shouldTakeEightInterimAnswersAndNoMore(int interim, boolean isTaken) throws IOException {
    String flood = "HTTP/1.1 102 Processing\r\n\r\n".repeat(interim) + ok("a");
    try (ScriptedServer server = new ScriptedServer(always(flood))) {
      with(client -> {
        if (isTaken) {
          assertThat(get(client, server.url("/"))).isEqualTo("200 a");
        } else {
          assertThatThrownBy(() -> get(client, server.url("/")))
              .hasMessageContaining("more than 8 interim answers");
        }
      });
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: x\\r\\n\\r\\n | it changes the protocol",
        "SSH-2.0-x\\r\\n | it does not begin with HTTP/1",
        "HTTP/1.1 200 OK\\r\\nContent-Length: 1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n |"
            + " Content-Length and Transfer-Encoding stand together",
      })
  void shouldSayWhatIsWrongWithAnAnswer(String bytes, String why) throws IOException {
    String answer = bytes.replace("\\r", "\r").replace("\\n", "\n");
    try (ScriptedServer server = new ScriptedServer(always(answer))) {
      with(client ->
          assertThatThrownBy(() -> get(client, server.url("/x?secret")))
              .isInstanceOf(HttpClientException.class)
              .hasMessageContaining(why)
              .hasMessageContaining("GET " + server.url("/x"))
              .hasMessageNotContaining("secret"));
    }
  }

  @Test
  void shouldBoundTheHead() throws IOException {
    String endless = "HTTP/1.1 200 OK\r\n" + "X: 1\r\n".repeat(101) + "\r\n";
    String wide = "HTTP/1.1 200 OK\r\nX: " + "1".repeat(20_000) + "\r\n\r\n";
    try (ScriptedServer many = new ScriptedServer(always(endless));
        ScriptedServer large = new ScriptedServer(always(wide))) {
      with(client -> {
        assertThatThrownBy(() -> get(client, many.url("/"))).hasMessageContaining("too many");
        assertThatThrownBy(() -> get(client, large.url("/"))).hasMessageContaining("larger than");
      });
    }
  }

  @Test
  void shouldTellOfABodyThatIsCutShort() throws IOException {
    try (ScriptedServer server =
        new ScriptedServer(peer -> {
          peer.head();
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
        })) {
      with(client ->
          assertThatThrownBy(() -> get(client, server.url("/")))
              .isInstanceOfSatisfying(
                  HttpClientException.class, e -> assertThat(e.phase()).isEqualTo(Phase.BODY)));
    }
  }

  // ---- connections that were closed while idle, and retries

  @Test
  void shouldAskAgainOnceWhereAnIdleConnectionWasClosed() throws IOException {
    ScriptedServer.Script once =
        peer -> {
          peer.head();
          peer.answer("a");
          peer.head(); // the next request is on its way
          peer.reset();
        };
    try (ScriptedServer server = new ScriptedServer(once, always(ok("b")))) {
      with(client -> {
        assertThat(get(client, server.url("/1"))).isEqualTo("200 a");
        assertThat(get(client, server.url("/2"))).isEqualTo("200 b");
        assertThat(server.heads()).hasSize(3);
      });
    }
    try (ScriptedServer server = new ScriptedServer(once, always(ok("b")))) {
      with(client -> {
        assertThat(get(client, server.url("/1"))).isEqualTo("200 a");
        assertThatThrownBy(() -> text(client, ClientRequest.post(server.url("/2"))))
            .as("what may have been done is not asked for again")
            .isInstanceOf(HttpClientException.class);
        assertThat(server.heads()).hasSize(2);
        assertThat(server.connections()).isEqualTo(1);
      });
    }
  }

  @Test
  void shouldNotAskAgainWhenAnAnswerHadBegun() throws IOException {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.head();
              peer.answer("a");
              peer.head();
              peer.send("HTTP/1.1 2");
            },
            always(ok("b")))) {
      with(client -> {
        assertThat(get(client, server.url("/1"))).isEqualTo("200 a");
        assertThatThrownBy(() -> get(client, server.url("/2")))
            .isInstanceOf(HttpClientException.class);
        assertThat(server.connections()).isEqualTo(1);
      });
    }
  }

  @Test
  void shouldRetryWhatIsIdempotentByOption() throws IOException {
    ScriptedServer.Script broken =
        peer -> {
          peer.head();
          peer.reset();
        };
    String busy = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy";
    ClientOptions retrying = ClientOptions.defaults().retry(QUICK.attempts(3));
    try (ScriptedServer server = new ScriptedServer(broken, always(busy), always(ok("a")))) {
      with(retrying, client -> assertThat(get(client, server.url("/"))).isEqualTo("200 a"));
      assertThat(server.heads()).hasSize(3);
    }
    try (ScriptedServer server = new ScriptedServer(broken, always(ok("a")))) {
      with(
          retrying,
          client -> {
            assertThatThrownBy(() -> text(client, ClientRequest.post(server.url("/"))))
                .isInstanceOf(HttpClientException.class);
            assertThat(text(client, ClientRequest.post(server.url("/")).idempotent(true)))
                .isEqualTo("200 a");
          });
    }
    try (ScriptedServer server = new ScriptedServer(always(busy))) {
      with(
          retrying,
          client ->
              assertThat(get(client, server.url("/"))).as("the last answer").isEqualTo("503 busy"));
      assertThat(server.heads()).hasSize(3);
    }
    try (ScriptedServer server = new ScriptedServer(broken, always(ok("a")))) {
      with(client ->
          assertThatThrownBy(() -> get(client, server.url("/")))
              .as("without the option")
              .isInstanceOf(HttpClientException.class));
    }
  }

  @Test
  void shouldStopRetryingWhenTheBudgetIsUsedUp() throws IOException {
    RetryBudget budget = RetryBudget.create(0, 2);
    ClientOptions options = ClientOptions.defaults().retry(QUICK.attempts(10).budget(budget));
    String busy = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    try (ScriptedServer server = new ScriptedServer(always(busy))) {
      with(
          options,
          client -> {
            assertThat(get(client, server.url("/"))).isEqualTo("503 ");
            assertThat(get(client, server.url("/"))).isEqualTo("503 ");
          });
      assertThat(server.heads()).hasSize(4);
      assertThat(budget.refused()).isEqualTo(2);
    }
  }

  // ---- redirects

  private static String redirect(int status, String location) {
    return "HTTP/1.1 "
        + status
        + " There\r\nLocation: "
        + location
        + "\r\nContent-Length: 0\r\n\r\n";
  }

  @Test
  void shouldDropCredentialsAcrossOrigins() throws IOException {
    try (ScriptedServer other = new ScriptedServer(always(ok("there")));
        ScriptedServer server =
            new ScriptedServer(peer -> {
              peer.head();
              peer.send(redirect(307, "/same"));
              peer.head();
              peer.send(redirect(302, other.url("/other")));
            })) {
      with(
          ClientOptions.defaults().redirects(5),
          client -> {
            ClientRequest request =
                ClientRequest.get(server.url("/"))
                    .basic("user", "secret")
                    .header("Cookie", "a=b")
                    .header("X-Mine", "c");
            try (ClientResponse response = client.send(request)) {
              assertThat(response.body().readText()).isEqualTo("there");
              assertThat(response.url().toString()).isEqualTo(other.url("/other"));
            }
            assertThat(server.heads()).hasSize(2);
            assertThat(server.heads().get(1)).contains("GET /same ", "Authorization: ", "Cookie: ");
            assertThat(other.heads().getFirst())
                .contains("X-Mine: c")
                .doesNotContain("Authorization", "Cookie");
          });
    }
  }

  @ParameterizedTest
  @CsvSource({
    "301, POST, GET",
    "302, POST, GET",
    "303, POST, GET",
    "303, PUT, GET",
    "303, HEAD, HEAD",
    "301, PUT, PUT",
    "307, POST, POST",
    "308, POST, POST"
  })
  void shouldKeepTheMethodWhereTheStatusSaysSo(int status, String method, String then)
      throws IOException {
    try (ScriptedServer server =
        new ScriptedServer(peer -> {
          peer.head();
          peer.read(method.equals("HEAD") ? 0 : 3);
          peer.send(redirect(status, "b/../c?d"));
          peer.head();
          peer.read(then.equals("GET") || then.equals("HEAD") ? 0 : 3);
          peer.send(then.equals("HEAD") ? ok("") : ok("x"));
        })) {
      with(
          ClientOptions.defaults().redirects(1),
          client -> {
            ClientRequest request = ClientRequest.of(method, server.url("/a/"));
            ClientRequest sent = method.equals("HEAD") ? request : request.body("abc");
            assertThat(text(client, sent)).startsWith("200 ");
            assertThat(server.heads().get(1)).startsWith(then + " /a/c?d HTTP/1.1\r\n");
          });
    }
  }

  @Test
  void shouldFollowNoMoreRedirectsThanAllowed() throws IOException {
    try (ScriptedServer server = new ScriptedServer(always(redirect(302, "/again")))) {
      with(
          ClientOptions.defaults().redirects(3),
          client ->
              assertThatThrownBy(() -> get(client, server.url("/")))
                  .hasMessageContaining("there are more than 3"));
      assertThat(server.heads()).hasSize(4);
      with(client -> assertThat(get(client, server.url("/"))).isEqualTo("302 "));
    }
  }

  @ParameterizedTest
  @CsvSource({"javascript:alert(1)", "file:///etc/passwd", "http://a@b/", "'/a b'"})
  void shouldNotFollowWhereNoRequestLeads(String location) throws IOException {
    try (ScriptedServer server = new ScriptedServer(always(redirect(302, location)))) {
      with(
          ClientOptions.defaults().redirects(3),
          client ->
              assertThatThrownBy(() -> get(client, server.url("/")))
                  .isInstanceOfSatisfying(
                      HttpClientException.class,
                      e -> assertThat(e.phase()).isEqualTo(Phase.REDIRECT)));
    }
  }

  // ---- cookies

  @Test
  @SuppressWarnings("StringConcatToTextBlock") // the ends of lines are what matters
  void shouldSendCookiesBackToTheirHostAlone() throws IOException {
    String setting =
        "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2; Domain=0.0.1\r\n"
            + "Set-Cookie: c=3; Path=/x\r\nSet-Cookie: d=4; Max-Age=0\r\nSet-Cookie: e=5; Secure\r\n"
            + "Content-Length: 0\r\n\r\n";
    try (ScriptedServer server = new ScriptedServer(always(setting))) {
      CookieJar jar = CookieJar.create();
      with(
          ClientOptions.defaults().cookies(jar),
          client -> {
            get(client, server.url("/"));
            get(client, server.url("/"));
            get(client, server.url("/x/y"));
            assertThat(server.heads().get(0)).doesNotContain("Cookie");
            assertThat(server.heads().get(1)).contains("\r\nCookie: a=1; b=2\r\n");
            assertThat(server.heads().get(2)).contains("\r\nCookie: c=3; a=1; b=2\r\n");
          });
    }
    Loops.run(
        "nio",
        () -> {
          var clock = Loop.current().clock();
          CookieJar jar = CookieJar.create();
          CookieJar sharing = CookieJar.sharing(Set.of("example.org"));
          for (CookieJar each : new CookieJar[] {jar, sharing}) {
            HttpUrl from = HttpUrl.parse("http://a.example.org/");
            each.set(from, "mine=1; Domain=example.org", clock);
            each.set(from, "foreign=1; Domain=example.com", clock);
            each.set(from, "bad=1\r\nX: y", clock);
            each.set(from, "__Host-x=1; Path=/", clock);
            each.set(HttpUrl.parse("http://a.co.uk/"), "wide=1; Domain=co.uk", clock);
            assertThat(each.header(from, clock)).isEqualTo("mine=1");
            assertThat(each.header(HttpUrl.parse("http://b.co.uk/"), clock)).isNull();
          }
          HttpUrl sibling = HttpUrl.parse("http://b.example.org/");
          assertThat(jar.header(sibling, clock)).isNull();
          assertThat(sharing.header(sibling, clock)).isEqualTo("mine=1");
          HttpUrl many = HttpUrl.parse("http://many/");
          for (int i = 0; i < 200; i++) {
            jar.set(many, "n" + i + "=1", clock);
          }
          assertThat(jar.header(many, clock)).startsWith("n150=1;").endsWith("n199=1");
        });
  }

  // ---- proxies

  @Test
  void shouldGoThroughAProxyOfHttp() throws IOException {
    try (ScriptedServer proxy =
        new ScriptedServer(
            peer -> {
              assertThat(peer.head())
                  .startsWith("CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\n")
                  .contains("Proxy-Authorization: Basic dTpw\r\n");
              peer.send("HTTP/1.1 200 OK\r\n\r\n");
              assertThat(peer.head())
                  .startsWith("GET /x HTTP/1.1\r\nHost: example.org\r\n")
                  .doesNotContain("Proxy-Authorization");
              peer.answer("there");
            },
            always("HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n"))) {
      HttpProxy by = HttpProxy.connect("127.0.0.1", proxy.port()).credentials("u", "p");
      with(
          ClientOptions.defaults().proxy(by),
          client -> {
            assertThat(get(client, "http://example.org/x")).isEqualTo("200 there");
            assertThatThrownBy(() -> get(client, "http://example.org/y"))
                .isInstanceOfSatisfying(
                    HttpClientException.class, e -> assertThat(e.phase()).isEqualTo(Phase.PROXY))
                .hasMessageContaining("status 407");
          });
    }
  }

  @Test
  void shouldOpenAStreamThroughAProxy() throws IOException {
    try (ScriptedServer proxy =
        new ScriptedServer(
            peer -> {
              assertThat(peer.head()).startsWith("CONNECT [2001:db8::1]:7 HTTP/1.1\r\n");
              peer.send("HTTP/1.1 200 OK\r\n\r\n");
              peer.send(peer.read(4));
            },
            always("HTTP/1.1 200 OK\r\n\r\nsurplus"),
            peer -> peer.read(1 << 20))) {
      HttpProxy by = HttpProxy.connect("127.0.0.1", proxy.port());
      Loops.run(
          "epoll",
          () -> {
            try (TcpStream stream = by.open("2001:db8::1", 7, Duration.ofSeconds(20))) {
              stream.write("ping");
              assertThat(stream.readExactly(4)).isEqualTo("ping".getBytes(US_ASCII));
            }
            assertThatThrownBy(() -> by.open("a", 7, Duration.ofSeconds(20)))
                .isInstanceOf(HttpClientException.class)
                .hasMessageContaining("nobody has asked for");
            assertThatThrownBy(() -> by.open("a", 7, Duration.ofMillis(50)))
                .isInstanceOf(DeadlineExceededException.class);
          });
    }
  }

  @Test
  void shouldGoThroughAProxyOfSocks() throws IOException {
    byte[] granted = {5, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    try (ScriptedServer proxy =
        new ScriptedServer(
            peer -> {
              assertThat(peer.read(4)).containsExactly(5, 2, 0, 2);
              peer.send(new byte[] {5, 2});
              assertThat(peer.read(5)).containsExactly(1, 1, 'u', 1, 'p');
              peer.send(new byte[] {1, 0});
              assertThat(peer.read(18)).startsWith(5, 1, 0, 3, 11).endsWith('g', 0, 80);
              peer.send(granted);
              assertThat(peer.head()).startsWith("GET /x HTTP/1.1\r\nHost: example.org\r\n");
              peer.answer("there");
            },
            peer -> {
              peer.read(4);
              peer.send(new byte[] {5, 0});
              peer.read(18);
              peer.send(new byte[] {5, 5, 0, 1, 0, 0, 0, 0, 0, 0});
            },
            peer -> {
              peer.read(4);
              peer.send(new byte[] {5, (byte) 0xFF});
            })) {
      HttpProxy by = HttpProxy.socks5("127.0.0.1", proxy.port()).credentials("u", "p");
      with(
          ClientOptions.defaults().proxy(by),
          client -> {
            assertThat(get(client, "http://example.org/x")).isEqualTo("200 there");
            assertThatThrownBy(() -> get(client, "http://example.org/y"))
                .hasMessageContaining("SOCKS5 error 5");
            assertThatThrownBy(() -> get(client, "http://example.org/z"))
                .hasMessageContaining("neither user and password");
          });
    }
  }

  @Test
  void shouldGiveUpOnAProxyThatSaysNothing() throws IOException {
    try (ScriptedServer proxy = new ScriptedServer(ScriptedServer.Peer::rest)) {
      ClientOptions options =
          ClientOptions.defaults()
              .proxy(HttpProxy.connect("127.0.0.1", proxy.port()))
              .connectTimeout(Duration.ofMillis(50));
      with(
          options,
          client ->
              assertThatThrownBy(() -> get(client, "http://example.org/"))
                  .hasMessageContaining("it took longer than 50 ms"));
    }
  }

  @Test
  void shouldGiveUpOnAServerThatSaysNothing() throws IOException {
    try (ScriptedServer server = new ScriptedServer(ScriptedServer.Peer::rest)) {
      HttpLimits hasty = HttpLimits.defaults().headTimeout(Duration.ofMillis(50));
      with(
          ClientOptions.defaults().limits(hasty),
          client ->
              assertThatThrownBy(() -> get(client, server.url("/")))
                  .hasMessageContaining("headTimeout"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "g, http://a/b/c/g",
    "./g, http://a/b/c/g",
    "g/, http://a/b/c/g/",
    "/g, http://a/g",
    "//g, http://g/",
    "?y, http://a/b/c/d?y",
    "g?y, http://a/b/c/g?y",
    "'', http://a/b/c/d?q",
    "., http://a/b/c/",
    "./, http://a/b/c/",
    ".., http://a/b/",
    "../g, http://a/b/g",
    "../.., http://a/",
    "../../g, http://a/g",
    "../../../g, http://a/g",
    "/./g, http://a/g",
    "/../g, http://a/g",
    "g., http://a/b/c/g.",
    "..g, http://a/b/c/..g",
    "./../g, http://a/b/g",
    "g/./h, http://a/b/c/g/h",
    "g/../h, http://a/b/c/h",
    "g#s, http://a/b/c/g",
    "https://B:443/x, https://b/x"
  })
  void shouldResolveReferencesAsRfc3986Says(String reference, String expected) {
    assertThat(HttpUrl.parse("http://a/b/c/d?q").resolve(reference).toString()).isEqualTo(expected);
  }
}
