package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.LoopGroup;
import gyre.Loops;
import gyre.Signal;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RequestLimitTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldLetSomeWaitAndRefuseTheRest(Style style) throws Exception {
    AtomicInteger inside = new AtomicInteger();
    CountDownLatch isInside = new CountDownLatch(1);
    Signal[] go = new Signal[1];
    CountDownLatch haveCome = new CountDownLatch(2);
    HttpHandler limited =
        RequestLimit.perLoop(1)
            .queue(1, Duration.ofMinutes(5))
            .retryAfter(Duration.ofSeconds(7))
            .apply((request, response) -> {
              assertThat(inside.incrementAndGet()).isEqualTo(1);
              isInside.countDown();
              Fiber.await(go[0]);
              inside.decrementAndGet();
              response.send("done");
            });
    HttpHandler handler =
        (request, response) -> {
          haveCome.countDown();
          limited.handle(request, response);
        };
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"))) {
      go[0] = group.loop(0).call(Signal::open);
      try (HttpServer server = style.open(group.loop(0), HttpOptions.defaults(), handler);
          RawClient first = new RawClient(server.address());
          RawClient second = new RawClient(server.address());
          RawClient third = new RawClient(server.address())) {
        first.send(GET);
        isInside.await();
        second.send(GET);
        haveCome.await();
        RawClient.Answer refused = third.send(GET).receive();
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.hasField("Retry-After: 7")).isTrue();
        go[0].raise();
        assertThat(first.receive().body()).isEqualTo("done");
        assertThat(second.receive().body()).isEqualTo("done");
        assertThat(third.send(GET).receive().body()).isEqualTo("done");
      }
    }
  }
}
