package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.io.ByteQueue;
import gyre.sync.Latch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a handler keeps for longer than its exchange must not show it another one's bytes. */
@Tag("fiber-modes")
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ExchangeKeptTest {
  private static final String SECRET = "secret";

  private @Nullable Request request;
  private @Nullable RequestBody body;
  private @Nullable Response response;
  private volatile @Nullable Response deferred;
  private final List<String> seen = new ArrayList<>();

  private static HttpOptions trusting() {
    return HttpOptions.defaults().forwarded(ForwardedTrust.standard("127.0.0.1"));
  }

  /** All that can be asked of what was kept. */
  private Map<String, Callable<?>> uses() {
    Request kept = Objects.requireNonNull(request);
    RequestBody bytes = Objects.requireNonNull(body);
    Response answer = Objects.requireNonNull(response);
    Map<String, Callable<?>> uses = new LinkedHashMap<>();
    uses.put("method", kept::method);
    uses.put("isMethod", () -> kept.isMethod("GET"));
    uses.put("target", kept::target);
    uses.put("path", kept::path);
    uses.put("decodedPath", kept::decodedPath);
    uses.put("isPath", () -> kept.isPath("/second"));
    uses.put("query", kept::query);
    uses.put("queryParameter", () -> kept.queryParameter("a"));
    uses.put("parameter", () -> kept.parameter("a"));
    uses.put("host", kept::host);
    uses.put("scheme", kept::scheme);
    uses.put("client", kept::client);
    uses.put("peer", kept::peer);
    uses.put("tls", kept::tls);
    uses.put("header", () -> kept.header("Token"));
    uses.put("headers", () -> kept.headers("Token"));
    uses.put("headerCount", kept::headerCount);
    uses.put("headerName", () -> kept.headerName(0));
    uses.put("headerValue", () -> kept.headerValue(0));
    uses.put("version", kept::version);
    uses.put("body", kept::body);
    uses.put("connectionName", kept::connectionName);
    uses.put("length", bytes::length);
    uses.put("await", () -> bytes.await(1));
    uses.put("input", bytes::input);
    uses.put("readAll", bytes::readAll);
    uses.put("trailer", () -> bytes.trailer("a"));
    uses.put("limit", () -> bytes.limit(1));
    uses.put("answer header", () -> answer.header("a", "b"));
    uses.put("answer", () -> answer.status(500));
    uses.put("answer status", answer::status);
    uses.put("answer bytes", answer::bodyBytes);
    uses.put(
        "send",
        () -> {
          answer.send("stolen");
          return "stolen";
        });
    return uses;
  }

  private void use() {
    uses()
        .forEach((name, use) -> {
          try {
            seen.add(name + " gives " + use.call());
          } catch (IllegalStateException e) {
            assertThat(e).hasMessageMatching(".*(is over|is complete).*");
          } catch (Exception e) {
            seen.add(name + " throws " + e);
          }
        });
    seen.add(String.valueOf(request));
  }

  private void keep(Request asked, Response answer) {
    request = asked;
    body = asked.body();
    response = answer;
    answer.send("kept");
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldRefuseWhatWasKept(Style style) throws Exception {
    HttpHandler handler =
        (asked, answer) -> {
          if (asked.isPath("/first")) {
            keep(asked, answer);
            return;
          }
          if (style != Style.PUSH) {
            Latch used = Latch.create("used", 1);
            Fiber<?> ignored =
                Fiber.start(() -> {
                  use();
                  used.countDown();
                });
            used.await();
          }
          answer.send(asked.header("Token") + asked.body().readText());
        };
    String form = "POST %s HTTP/1.1\r\nHost: a\r\nToken: %s\r\nContent-Length: 4\r\n\r\nbody";
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server = style.open(group.loop(0), trusting(), handler);
        RawClient first = new RawClient(server.address());
        RawClient second = new RawClient(server.address())) {
      assertThat(first.send(form.formatted("/first", "mine")).receive().body()).isEqualTo("kept");
      assertThat(second.send(form.formatted("/second", SECRET)).receive().body())
          .isEqualTo(SECRET + "body");
      if (style == Style.PUSH) {
        Boolean isUsed =
            group
                .loop(0)
                .call(() -> {
                  use();
                  return true;
                });
        assertThat(isUsed).isTrue();
      }
    }
    assertThat(seen).containsExactly("a request that is over");
  }

  enum Owner {
    SAME_CONNECTION,
    OTHER_CONNECTION
  }

  private static final String FORM =
      "POST %s HTTP/1.1\r\nHost: a\r\nToken: %s\r\nContent-Length: 4\r\n\r\nbody";

  /** An answer that is deferred lasts, and its exchange was another one's before. */
  @ParameterizedTest
  @EnumSource(Owner.class)
  void shouldRefuseWhatWasKeptWhileTheNextAnswerIsDeferred(Owner owner) throws Exception {
    CountDownLatch waits = new CountDownLatch(1);
    HttpHandler handler =
        (asked, answer) -> {
          if (asked.isPath("/first")) {
            keep(asked, answer);
            return;
          }
          deferred = answer.defer();
          waits.countDown();
        };
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server = Style.PUSH.open(group.loop(0), trusting(), handler);
        RawClient first = new RawClient(server.address());
        RawClient second = new RawClient(server.address())) {
      first.send(FORM.formatted("/first", "mine"));
      assertThat(first.receive().body()).isEqualTo("kept");
      RawClient next = owner == Owner.SAME_CONNECTION ? first : second;
      next.send(FORM.formatted("/second", SECRET));
      waits.await();
      Boolean isUsed =
          group
              .loop(0)
              .call(() -> {
                use();
                Objects.requireNonNull(deferred).send("rightful");
                return true;
              });
      assertThat(isUsed).isTrue();
      RawClient.Answer answer = next.receive();
      assertThat(answer.body()).isEqualTo("rightful");
      assertThat(answer.status()).isEqualTo(200);
    }
    assertThat(seen).containsExactly("a request that is over");
  }

  /** Where misuse is looked for, as in tests: else it would be the request of that call. */
  @ParameterizedTest
  @EnumSource(Owner.class)
  void shouldRefuseWhatWasKeptInTheCallsOfThoseThatUseItAgain(Owner owner) throws Exception {
    HttpHandler handler =
        (asked, answer) -> {
          if (asked.isPath("/first")) {
            keep(asked, answer);
            return;
          }
          use();
          answer.send(asked.header("Token") + asked.body().readText());
        };
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server =
            Style.PUSH.open(group.loop(0), trusting().reuseRequests(true), handler);
        RawClient first = new RawClient(server.address());
        RawClient second = new RawClient(server.address())) {
      first.send(FORM.formatted("/first", "mine"));
      assertThat(first.receive().body()).isEqualTo("kept");
      RawClient next = owner == Owner.SAME_CONNECTION ? first : second;
      for (int i = 0; i < 15; i++) {
        next.send(FORM.formatted("/next", SECRET));
        assertThat(next.receive().body()).isEqualTo(SECRET + "body");
      }
    }
    assertThat(seen).containsOnly("a request that is over").hasSize(15);
  }

  /** The queue of a body knows nothing of exchanges: it must not become another body's. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldNotShowABodyInTheQueueOfAnother(boolean isReused) throws Exception {
    List<ByteQueue> kept = new ArrayList<>();
    HttpHandler handler =
        (asked, answer) -> {
          if (asked.isPath("/first")) {
            kept.add(asked.body().input());
          } else if (!kept.isEmpty()) {
            seen.add(kept.getFirst().size() + " bytes");
          }
          answer.send(asked.body().readText());
        };
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server =
            Style.PUSH.open(group.loop(0), trusting().reuseRequests(isReused), handler);
        RawClient first = new RawClient(server.address());
        RawClient second = new RawClient(server.address())) {
      assertThat(first.send(FORM.formatted("/first", "mine")).receive().status()).isEqualTo(200);
      for (RawClient client : List.of(first, second)) {
        assertThat(client.send(FORM.formatted("/second", SECRET)).receive().body())
            .isEqualTo("body");
      }
    }
    assertThat(seen).containsOnly("0 bytes").hasSize(2);
  }

  /** The first one of a server too, after however many that were not deferred. */
  @Test
  void shouldRefuseWhatWasKeptWhileTheFirstAnswerIsDeferred() throws Exception {
    HttpHandler handler =
        (asked, answer) -> {
          switch (asked.path()) {
            case "/first" -> {
              request = asked;
              body = asked.body();
              response = answer;
              answer.send("kept");
            }
            case "/second" -> {
              Response later = answer.defer();
              Loop.current()
                  .post(() -> {
                    use();
                    later.send("rightful");
                  });
            }
            default -> answer.send("quick");
          }
        };
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server = Style.PUSH.open(group.loop(0), trusting(), handler);
        RawClient client = new RawClient(server.address())) {
      String many = FORM.formatted("/", "mine").repeat(50);
      for (int i = 0; i < 30; i++) {
        client.send(many);
        for (int j = 0; j < 50; j++) {
          assertThat(client.receive().body()).isEqualTo("quick");
        }
      }
      for (String path : List.of("/first", "/second")) {
        assertThat(client.send(FORM.formatted(path, SECRET)).receive().status()).isEqualTo(200);
      }
    }
    assertThat(seen).containsExactly("a request that is over");
  }

  @Test
  void shouldRefuseToDeferWhereRequestsAreUsedAgain() throws Exception {
    List<String> reported = new CopyOnWriteArrayList<>();
    LoopOptions quiet =
        Loops.options("epoll").failures((source, e) -> reported.add(String.valueOf(e)));
    HttpHandler handler =
        (asked, answer) -> {
          Response ignored = answer.defer();
        };
    try (LoopGroup group = LoopGroup.open(1, quiet);
        HttpServer server =
            Style.PUSH.open(group.loop(0), trusting().reuseRequests(true), handler);
        RawClient client = new RawClient(server.address())) {
      assertThat(client.send(FORM.formatted("/", "mine")).receive().status()).isEqualTo(500);
    }
    assertThat(reported).hasSize(1).first().asString().contains("HttpOptions.reuseRequests");
  }

  /** A callback may park, for a lock, say: others run meanwhile. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldRefuseWhatWasKeptWhileTheNextHandlerParks(boolean isReused) throws Exception {
    HttpHandler handler =
        (asked, answer) -> {
          if (asked.isPath("/first")) {
            keep(asked, answer);
            return;
          }
          Latch used = Latch.create("used", 1);
          Fiber<?> ignored =
              Fiber.start(() -> {
                use();
                used.countDown();
              });
          used.await();
          answer.send("rightful");
        };
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server =
            Style.PUSH.open(group.loop(0), trusting().reuseRequests(isReused), handler);
        RawClient client = new RawClient(server.address())) {
      for (String path : List.of("/first", "/second")) {
        RawClient.Answer answer = client.send(FORM.formatted(path, SECRET)).receive();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(path.equals("/first") ? "kept" : "rightful");
      }
    }
    assertThat(seen).containsExactly("a request that is over");
  }

  /** What fails beside a handler must not leave its exchange open for everybody. */
  @Test
  void shouldRefuseWhatWasKeptBehindALogThatThrows() throws Exception {
    byte[] large = new byte[64 << 20];
    CountDownLatch sent = new CountDownLatch(1);
    HttpHandler handler =
        (asked, answer) -> {
          if (asked.isPath("/large")) {
            answer.send(large);
            sent.countDown();
            return;
          }
          if (asked.isPath("/first")) {
            request = asked;
            body = asked.body();
            response = answer;
          }
          answer.send("quick");
        };
    AccessLog log =
        (asked, answer, nanos) -> {
          if (asked.isPath("/first")) {
            throw new IllegalStateException("planned");
          }
        };
    List<String> reported = new CopyOnWriteArrayList<>();
    LoopOptions quiet =
        Loops.options("epoll").failures((source, e) -> reported.add(String.valueOf(e)));
    try (LoopGroup group = LoopGroup.open(1, quiet);
        HttpServer server =
            Style.PUSH.open(
                group.loop(0), HttpOptions.defaults().accessLog(log).reuseRequests(true), handler);
        RawClient first = new RawClient(server.address());
        RawClient second = new RawClient(server.address())) {
      first.send(FORM.formatted("/first", "mine"));
      Throwable ignored = catchThrowable(first::rest); // reset, or closed in order
      second.send("GET /large HTTP/1.1\r\nHost: a\r\nToken: secret\r\n\r\n");
      sent.await(); // the answer is under way, and no handler is called
      Boolean isUsed =
          group
              .loop(0)
              .call(() -> {
                use();
                return true;
              });
      assertThat(isUsed).isTrue();
      assertThat(second.receive().body()).hasSize(large.length);
    }
    assertThat(reported).hasSize(1).first().asString().contains("planned");
    assertThat(seen).containsExactly("a request that is over");
  }
}
