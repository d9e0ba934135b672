package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.http.sse.SseHub;
import gyre.http.sse.SseOptions;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DashboardFeedTest {
  /** One whose looks wait until they are let go on, as those at a server that does not answer. */
  private static DashboardSource source(Semaphore looks, CountDownLatch isStuck) {
    return (DashboardSource)
        java.lang.reflect.Proxy.newProxyInstance(
            DashboardSource.class.getClassLoader(),
            new Class<?>[] {DashboardSource.class},
            (proxy, method, arguments) -> {
              if (!method.getName().equals("look")) {
                return "test";
              }
              if (!looks.tryAcquire()) {
                isStuck.countDown();
                looks.acquire();
              }
              long now = ((Number) arguments[0]).longValue();
              return new Sample(
                  now,
                  new long[EntryName.LAST_PRIORITY + 1],
                  7,
                  0,
                  0,
                  0,
                  0,
                  false,
                  java.util.List.of(),
                  java.util.List.of(),
                  "",
                  0);
            });
  }

  @Test
  void shouldTellWhatItKnowsWhileALookGetsNoAnswer() throws Exception {
    Semaphore looks = new Semaphore(1);
    CountDownLatch isStuck = new CountDownLatch(1);
    AtomicLong clock = new AtomicLong(1_000_000);
    DashboardFeed feed =
        new DashboardFeed(source(looks, isStuck), SseHub.create(SseOptions.defaults()), clock::get);
    try {
      assertThat(feed.fresh().delayed()).isEqualTo(7);
      clock.addAndGet(60_000);
      feed.start();
      assertThat(isStuck.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(feed.fresh().timeMillis()).isEqualTo(1_000_000);
      assertThat(feed.freshState()).contains("\"delayed\":7");
      assertThat(feed.history()).contains("rows");
      assertThat(feed.after("done")).isEqualTo("done");
      looks.release(100);
      WorkerRig.await("the look has ended", () -> feed.fresh().timeMillis() == 1_060_000);
    } finally {
      looks.release(100);
      feed.close();
    }
  }
}
