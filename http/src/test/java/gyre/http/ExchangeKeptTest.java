package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.LoopGroup;
import gyre.Loops;
import gyre.sync.Latch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a handler keeps for longer than its exchange must not show it another one's bytes. */
@Tag("fiber-modes")
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ExchangeKeptTest {
  private static final String SECRET = "secret";

  private @Nullable Request request;
  private @Nullable RequestBody body;
  private @Nullable Response response;
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

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldRefuseWhatWasKept(Style style) throws Exception {
    HttpHandler handler =
        (asked, answer) -> {
          if (asked.isPath("/first")) {
            request = asked;
            body = asked.body();
            response = answer;
            answer.send("kept");
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
}
