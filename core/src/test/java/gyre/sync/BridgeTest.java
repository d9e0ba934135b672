package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import gyre.CancelledException;
import gyre.Deadline;
import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import gyre.Signal;
import gyre.Source;
import gyre.Task;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Fibers and what other libraries have. */
@Tag("fiber-modes")
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BridgeTest {
  private static final Duration LONG = Duration.ofHours(1);

  private static void run(Task main) {
    Loops.run("auto", main);
  }

  // ---- executors

  @Test
  void shouldRunTasksOfAnExecutorInFibersOfTheLoop() {
    run(() -> {
      Loop loop = Loop.current();
      String name =
          Fiber.await(
              CompletableFuture.supplyAsync(() -> "from a thread")
                  .thenApplyAsync(
                      text -> {
                        Fiber.yield(); // may park
                        return text + " to " + Loop.current().name();
                      },
                      loop.executor()));
      assertThat(name).isEqualTo("from a thread to " + loop.name());
    });
  }

  @Test
  void shouldRunBlockingTasksOfAnExecutorOffTheLoop() {
    run(() -> {
      Thread mine = Thread.currentThread();
      Signal go = Signal.open();
      CountDownLatch latch = new CountDownLatch(1);
      CompletableFuture<Boolean> blocked =
          CompletableFuture.supplyAsync(
              () -> {
                go.raise();
                try {
                  latch.await();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                return Thread.currentThread() != mine;
              },
              Loop.current().offloadExecutor());
      Fiber.await(go); // the loop goes on
      latch.countDown();
      assertThat(Fiber.await(blocked)).isTrue();
    });
  }

  @Test
  void shouldReportWhatATaskOfTheOffloadExecutorThrows() {
    List<Throwable> reported = new ArrayList<>();
    Loops.runReporting(
        Loops.options("auto").failures((source, e) -> reported.add(e)),
        () -> {
          Loop.current()
              .offloadExecutor()
              .execute(() -> {
                throw new IllegalStateException("broken");
              });
          while (reported.isEmpty()) {
            Fiber.sleep(Duration.ofMillis(1));
          }
        });
    assertThat(reported.getFirst()).hasMessage("broken");
  }

  // ---- futures

  @Test
  void shouldGiveAFutureOfWhatAFiberDoes() {
    run(() -> {
      CompletableFuture<String> good =
          Bridges.future(() -> {
            Fiber.yield();
            return "done";
          });
      CompletableFuture<String> bad =
          Bridges.future(() -> {
            throw new IOException("broken");
          });
      CompletableFuture<Integer> length = good.thenApply(String::length);
      assertThat(Fiber.await(length)).isEqualTo(4);
      assertThatThrownBy(() -> Fiber.await(bad)).hasRootCauseMessage("broken");
      assertThat(Scope.current().cancellation().isCancelled()).isFalse();
    });
  }

  @Test
  void shouldCancelTheFiberOfAFutureThatIsGivenUp() {
    run(() -> {
      Latch ended = Latch.create("ended", 1);
      CompletableFuture<Boolean> future =
          Bridges.future(() -> {
            try {
              Fiber.sleep(LONG);
              return true;
            } finally {
              ended.countDown();
            }
          });
      Fiber.yield();
      Thread thread = Thread.ofPlatform().start(() -> future.cancel(true));
      ended.await();
      thread.join();
    });
  }

  @Test
  void shouldFailTheFuturesOfAScopeThatEnds() {
    run(() -> {
      CompletableFuture<Boolean> begun;
      CompletableFuture<Boolean> notBegun;
      try (Scope scope = Scope.open("short")) {
        begun =
            Bridges.future(() -> {
              Fiber.sleep(LONG);
              return true;
            });
        Fiber.yield();
        Fiber.yield();
        notBegun = Bridges.future(() -> true);
        scope.cancel("over");
      }
      assertThatThrownBy(() -> Fiber.await(begun)).isInstanceOf(CancelledException.class);
      assertThatThrownBy(() -> Fiber.await(notBegun)).isInstanceOf(CancelledException.class);
    });
  }

  // ---- flows

  @Test
  @SuppressWarnings("try") // the feeder closes what it feeds
  void shouldTakeTheItemsOfAPublisherInAFiber() {
    run(() -> {
      try (SubmissionPublisher<Integer> publisher = new SubmissionPublisher<>();
          FlowItems<Integer> items = Bridges.subscribe(publisher, 8)) {
        Thread feeder =
            Thread.ofPlatform()
                .start(() -> {
                  for (int i = 0; i < 10_000; i++) {
                    publisher.submit(i);
                  }
                  publisher.close();
                });
        int expected = 0;
        for (int item : items) {
          assertThat(item).isEqualTo(expected++);
        }
        assertThat(expected).isEqualTo(10_000);
        assertThat(items.next()).isEmpty();
        feeder.join();
      }
    });
  }

  /** Sends what it is asked for, at once, and counts. */
  private static Flow.Publisher<Integer> counting(AtomicInteger asked, AtomicBoolean cancelled) {
    return subscriber ->
        subscriber.onSubscribe(
            new Flow.Subscription() {
              @Override
              public void request(long n) {
                for (int i = 0; i < n; i++) {
                  subscriber.onNext(asked.getAndIncrement());
                }
              }

              @Override
              public void cancel() {
                cancelled.set(true);
              }
            });
  }

  @Test
  void shouldAskAPublisherForNoMoreThanItKeeps() {
    run(() -> {
      AtomicInteger asked = new AtomicInteger();
      AtomicBoolean cancelled = new AtomicBoolean();
      try (FlowItems<Integer> items = Bridges.subscribe(counting(asked, cancelled), 4)) {
        assertThat(asked.get()).isEqualTo(4);
        Source available = items.available();
        for (int i = 0; i < 100; i++) {
          assertThat(Fiber.awaitFirst(available, Deadline.in(LONG))).isSameAs(available);
          assertThat(items.next()).contains(i);
          assertThat(asked.get()).isLessThanOrEqualTo(i + 1 + 4);
        }
      }
      assertThat(cancelled.get()).isTrue();
    });
  }

  @Test
  void shouldGiveTheItemsBeforeTheFailureOfAPublisher() {
    run(() -> {
      Flow.Publisher<String> failing =
          subscriber -> {
            subscriber.onSubscribe(
                new Flow.Subscription() {
                  @Override
                  public void request(long n) {}

                  @Override
                  public void cancel() {}
                });
            subscriber.onNext("one");
            subscriber.onError(new IOException("broken"));
          };
      try (FlowItems<String> items = Bridges.subscribe(failing, 1)) {
        assertThat(items.next()).contains("one");
        assertThatThrownBy(items::next).hasRootCauseMessage("broken");
      }
    });
  }

  private static final class Collector implements Flow.Subscriber<Integer> {
    private final List<Integer> items = new ArrayList<>();
    private final CompletableFuture<Boolean> end = new CompletableFuture<>();
    private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
      subscription.complete(newSubscription);
    }

    @Override
    public synchronized void onNext(Integer item) {
      items.add(item);
    }

    @Override
    public void onError(Throwable failure) {
      end.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      end.complete(true);
    }

    synchronized int size() {
      return items.size();
    }
  }

  @Test
  void shouldPublishNoMoreThanIsAskedFor() {
    run(() -> {
      AtomicInteger made = new AtomicInteger();
      Flow.Publisher<Integer> publisher =
          Bridges.publisher(
              Loop.current(),
              emitter -> {
                for (int i = 0; i < 10; i++) {
                  made.incrementAndGet();
                  emitter.emit(i);
                }
              });
      Collector collector = new Collector();
      publisher.subscribe(collector);
      Flow.Subscription subscription = collector.subscription.join();
      subscription.request(3);
      while (collector.size() < 3 || made.get() < 4) {
        Fiber.yield();
      }
      for (int i = 0; i < 20; i++) {
        Fiber.yield();
      }
      assertThat(collector.items).containsExactly(0, 1, 2);
      Thread asker = Thread.ofPlatform().start(() -> subscription.request(Long.MAX_VALUE));
      assertThat(Fiber.await(collector.end)).isTrue();
      assertThat(collector.items).hasSize(10);
      asker.join();
    });
  }

  @Test
  void shouldEndTheGeneratorOfASubscriberThatCancels() {
    run(() -> {
      Latch ended = Latch.create("ended", 1);
      Flow.Publisher<Integer> publisher =
          Bridges.publisher(
              Loop.current(),
              emitter -> {
                try {
                  while (true) {
                    emitter.emit(1);
                  }
                } finally {
                  ended.countDown();
                }
              });
      Collector collector = new Collector();
      publisher.subscribe(collector);
      collector.subscription.join().request(5);
      while (collector.size() < 5) {
        Fiber.yield();
      }
      collector.subscription.join().cancel();
      ended.await();
      assertThat(collector.end).isNotDone();
      Collector wrong = new Collector();
      Latch unused = ended;
      assertThat(unused.count()).isZero();
      Bridges.publisher(Loop.current(), (Bridges.Emitter<Integer> emitter) -> emitter.emit(1))
          .subscribe(wrong);
      wrong.subscription.join().request(0);
      assertThatThrownBy(() -> Fiber.await(wrong.end)).isInstanceOf(IllegalArgumentException.class);
    });
  }

  // ---- a blocking library

  @Test
  void shouldRunABlockingHttpClientInFibers() throws Exception {
    int requests = 20;
    CountDownLatch allThere = new CountDownLatch(requests);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), requests);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        HttpClient client = HttpClient.newHttpClient()) {
      server.setExecutor(threads);
      server.createContext(
          "/",
          exchange -> {
            allThere.countDown(); // nobody is answered before all have asked
            try {
              allThere.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            byte[] answer = exchange.getRequestURI().getPath().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
          });
      server.start();
      String base = "http://localhost:" + server.getAddress().getPort() + "/";
      run(() -> {
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
          numbers.add(i);
        }
        List<String> answers =
            Work.map(
                numbers,
                requests,
                number ->
                    client
                        .send(
                            HttpRequest.newBuilder(URI.create(base + number)).build(),
                            HttpResponse.BodyHandlers.ofString())
                        .body());
        assertThat(answers).hasSize(requests);
        numbers.forEach(number -> assertThat(answers.get(number)).isEqualTo("/" + number));
      });
    } finally {
      server.stop(0);
    }
  }
}
