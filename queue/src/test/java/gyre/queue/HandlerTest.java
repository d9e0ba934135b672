package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class HandlerTest {
  @TempDir Path directory;

  private WorkerRig rig(String configuration) throws IOException {
    WorkerRig rig = new WorkerRig(directory);
    Files.writeString(
        directory.resolve("queue.toml"),
        "[queue]\nbackoff_seconds = 0\nbackoff_max_seconds = 0.01\nretries = 2\n" + configuration);
    return rig;
  }

  private static JobEnd await(Enqueued job) {
    return job.await(WorkerRig.HANG_LIMIT).orElseThrow();
  }

  @Test
  void shouldRunACommandWithThePayloadAsItsInput() throws IOException {
    String script = "printf '%s %s %s ' $GYRE_QUEUE_ID $GYRE_QUEUE_ATTEMPT $A; cat";
    try (WorkerRig rig =
        rig(
            "[handlers.c]\nkind=\"command\"\ncommand=[\"sh\", \"-c\", \""
                + script
                + "\"]\nenvironment={A=\"b\"}\n")) {
      rig.start();
      JobEnd end = await(rig.queue.enqueue(Job.of("c", Map.of("n", 1)).id("x").keepResult()));
      assertThat(end.result()).isEqualTo(Map.of("stdout", "x 1 b {\"n\":1}"));
    }
  }

  @Test
  void shouldTryACommandAgainAndThenTellWhatItSaid() throws IOException {
    try (WorkerRig rig =
        rig(
            "[handlers.c]\nkind=\"command\"\ncommand=[\"sh\", \"-c\", \"echo x >> tries; echo broken >&2; exit 3\"]\ndirectory=\""
                + directory
                + "\"\n")) {
      rig.start();
      JobEnd end = await(rig.queue.enqueue(Job.of("c", "")));
      assertThat(end.isDone()).isFalse();
      assertThat(end.error()).contains("ended with 3", "broken");
      assertThat(Files.readAllLines(directory.resolve("tries"))).hasSize(3);
    }
  }

  @Test
  void shouldEndACommandThatTakesTooLong() throws IOException {
    try (WorkerRig rig =
        rig(
            "[handlers.c]\nkind=\"command\"\ncommand=[\"sleep\", \"1000\"]\ntimeout_seconds=0.1\nretries=0\n")) {
      rig.start();
      assertThat(await(rig.queue.enqueue(Job.of("c", ""))).isDone()).isFalse();
    }
  }

  @Test
  void shouldCallByHttpAndRetryByStatus() throws IOException {
    List<String> seen = Collections.synchronizedList(new ArrayList<>());
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          String path = exchange.getRequestURI().getPath();
          seen.add(
              path + " " + exchange.getRequestHeaders().getFirst("Idempotency-Key") + " " + body);
          int status = path.equals("/bad") ? 400 : seen.size() == 1 ? 503 : 200;
          exchange.sendResponseHeaders(status, 2);
          exchange.getResponseBody().write("ok".getBytes(StandardCharsets.UTF_8));
          exchange.close();
        });
    server.start();
    String url = "http://127.0.0.1:" + server.getAddress().getPort();
    try (WorkerRig rig =
        rig(
            "[handlers.h]\nkind=\"http\"\nurl=\""
                + url
                + "/good\"\n[handlers.b]\nkind=\"http\"\nurl=\""
                + url
                + "/bad\"\n")) {
      rig.start();
      JobEnd end = await(rig.queue.enqueue(Job.of("h", Map.of("n", 1)).id("x").keepResult()));
      assertThat(end.result()).isEqualTo(Map.of("status", 200, "body", "ok"));
      assertThat(await(rig.queue.enqueue(Job.of("b", "").id("y"))).error())
          .contains("answered 400");
      assertThat(seen).containsExactly("/good x {\"n\":1}", "/good x {\"n\":1}", "/bad y ");
    } finally {
      server.stop(0);
    }
  }

  /** Counts how many run at a time. */
  private static final class Counting implements QueueHandler {
    final AtomicInteger running = new AtomicInteger();
    final AtomicInteger most = new AtomicInteger();
    final AtomicInteger calls = new AtomicInteger();
    final CountDownLatch full = new CountDownLatch(Kind.DEFAULT_CONCURRENCY);

    @Override
    public String operation() {
      return "count";
    }

    @Override
    public Object handle(QueueTask task) throws Exception {
      most.accumulateAndGet(running.incrementAndGet(), Math::max);
      full.countDown();
      full.await(); // until as many run as may
      running.decrementAndGet();
      return calls.incrementAndGet();
    }
  }

  @Test
  void shouldRunNoMoreThanMayRun() {
    Counting handler = new Counting();
    try (WorkerRig rig = new WorkerRig(WorkerOptions.of(directory).handler(handler))) {
      List<Enqueued> jobs = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        jobs.add(rig.queue.enqueue(Job.of("count", i)));
      }
      rig.start();
      jobs.forEach(each -> assertThat(await(each).isDone()).isTrue());
      assertThat(handler.most).hasValue(Kind.DEFAULT_CONCURRENCY);
      assertThat(handler.calls).hasValue(20);
    }
  }

  @Test
  void shouldPauseOneKindAlone() {
    Counting handler = new Counting();
    try (WorkerRig rig = new WorkerRig(WorkerOptions.of(directory).handler(handler))) {
      Inspection.of(directory).pause("count");
      rig.start();
      List<Enqueued> jobs = new ArrayList<>();
      for (int i = 0; i < Kind.DEFAULT_CONCURRENCY; i++) {
        jobs.add(rig.queue.enqueue(Job.of("count", i).priority(1)));
      }
      assertThat(await(rig.queue.enqueue(Job.sql("SELECT 1"))).isDone()).isTrue();
      assertThat(handler.calls).hasValue(0);
      assertThat(Inspection.of(directory).resume("count")).isTrue();
      jobs.forEach(each -> assertThat(await(each).isDone()).isTrue());
    }
  }

  /** Throws what nobody expects. */
  private record Throwing(String operation, Throwable what) implements QueueHandler {
    @Override
    public Object handle(QueueTask task) throws Exception {
      switch (what) {
        case Error e -> throw e;
        case Exception e -> throw e;
        default -> throw new IllegalStateException(what);
      }
    }
  }

  @Test
  void shouldFailAnEntryWhateverItsHandlerThrows() throws IOException {
    WorkerOptions options =
        WorkerOptions.of(directory)
            .handler(new Throwing("error", new StackOverflowError("too deep")))
            .handler(new Throwing("cancelled", new gyre.CancelledException("of its own", null)));
    Files.writeString(directory.resolve("queue.toml"), "[queue]\nretries = 0\n");
    try (WorkerRig rig = new WorkerRig(options).start()) {
      assertThat(await(rig.queue.enqueue(Job.of("error", ""))).error()).contains("too deep");
      assertThat(await(rig.queue.enqueue(Job.of("cancelled", ""))).error()).contains("of its own");
    }
  }

  @Test
  void shouldTryADeadLetterAsOftenAgain() throws IOException {
    try (WorkerRig rig =
        rig(
            "[handlers.c]\nkind=\"command\"\ncommand=[\"sh\", \"-c\", \"echo x >> tries; exit 1\"]\ndirectory=\""
                + directory
                + "\"\n")) {
      rig.start();
      Enqueued job = rig.queue.enqueue(Job.of("c", ""));
      assertThat(await(job).isDone()).isFalse();
      assertThat(Files.readAllLines(directory.resolve("tries"))).hasSize(3);
      WorkerRig.await("it is counted", () -> rig.worker().stats().failed.get() == 1);
      assertThat(Inspection.of(directory).retry(job.id())).isTrue();
      WorkerRig.await("it is given up again", () -> rig.worker().stats().failed.get() == 2);
      assertThat(Files.readAllLines(directory.resolve("tries"))).hasSize(6);
    }
  }

  @Test
  void shouldReplayWhatAKillHasLeftWhateverMayBeRetried() throws IOException {
    try (WorkerRig rig = new WorkerRig(directory)) {
      Files.writeString(directory.resolve("queue.toml"), "[queue]\nretries = 0\n");
      Files.writeString(rig.spool.processing.resolve("5_1@w0"), "{\"sql\": \"SELECT 1\"}");
      rig.once();
      assertThat(WorkerRig.names(rig.spool.completed)).containsExactly("5_1");
    }
  }

  /** Calls that wait for {@code end}, whoever interrupts them. */
  private record Hanging(CountDownLatch end, AtomicInteger calls) implements QueueHandler {
    @Override
    public String operation() {
      return "hangs";
    }

    @Override
    public Object handle(QueueTask task) {
      calls.incrementAndGet();
      while (end.getCount() > 0) {
        try {
          end.await();
        } catch (InterruptedException e) {
          // it does not listen, as bad ones do
        }
      }
      return "";
    }
  }

  private static QueueConfig with(QueueHandler handler, int concurrency, Duration timeout) {
    Kind kind =
        new Kind(
            handler.operation(),
            new Kind.Java(handler),
            concurrency,
            0,
            timeout,
            new RetryPolicy(0, Duration.ZERO, Duration.ZERO));
    QueueConfig usual = QueueConfig.DEFAULT;
    return new QueueConfig(
        8,
        10,
        Duration.ofSeconds(1),
        1000,
        usual.sqlTimeout(),
        usual.sqlRetry(),
        usual.cleanupAfter(),
        usual.ledgerKept(),
        Map.of(handler.operation(), kind),
        List.of());
  }

  @Test
  void shouldHaveOthersWaitForAHandlerThatHangsAndFailNone() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    Hanging hanging = new Hanging(end, new AtomicInteger());
    try (WorkerRig rig = new WorkerRig(directory)) {
      rig.start(with(hanging, 2, Duration.ofSeconds(2)));
      List<Enqueued> first = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        first.add(rig.queue.enqueue(Job.of("hangs", i)));
      }
      first.forEach(each -> assertThat(await(each).error()).contains("longer than 2000 ms"));
      List<Enqueued> others = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        others.add(rig.queue.enqueue(Job.of("hangs", i)));
      }
      assertThat(await(rig.queue.enqueue(Job.sql("SELECT 1").priority(10))).isDone()).isTrue();
      assertThat(WorkerRig.names(rig.spool.pending)).hasSize(3);
      assertThat(hanging.calls()).hasValue(2);
      assertThat(Files.readString(directory.resolve("worker.log")))
          .contains("2 calls of the handler hangs have not returned");
      rig.worker().config(with(hanging, 2, Duration.ofMinutes(1))); // the others don't hang
      end.countDown();
      others.forEach(each -> assertThat(await(each).isDone()).isTrue());
    } finally {
      end.countDown();
    }
  }

  @Test
  void shouldMakeAsManyCallsOfHttpAtATimeAsItsKindMay() throws IOException {
    int calls = 24; // more than a client keeps connections by itself
    List<HttpExchange> waiting = Collections.synchronizedList(new ArrayList<>());
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), calls);
    server.createContext("/", waiting::add);
    server.start();
    try (WorkerRig rig =
        rig(
            "[handlers.h]\nkind=\"http\"\nconcurrency="
                + calls
                + "\nurl=\"http://127.0.0.1:"
                + server.getAddress().getPort()
                + "/\"\n")) {
      rig.start();
      List<Enqueued> jobs = new ArrayList<>();
      for (int i = 0; i < calls; i++) {
        jobs.add(rig.queue.enqueue(Job.of("h", i)));
      }
      WorkerRig.await("all have been called", () -> waiting.size() == calls);
      for (HttpExchange each : waiting) {
        each.sendResponseHeaders(204, -1);
        each.close();
      }
      jobs.forEach(each -> assertThat(await(each).isDone()).isTrue());
    } finally {
      server.stop(0);
    }
  }

  /** What the payload names. */
  public static final class Returns implements QueueHandler {
    @Override
    public String operation() {
      return "returns";
    }

    @Override
    public Object handle(QueueTask task) {
      List<Object> inItself = new ArrayList<>();
      inItself.add(inItself);
      return switch (String.valueOf(task.payload())) {
        case "in itself" -> inItself;
        case "no end" -> (Iterable<Object>) () -> Stream.generate(() -> (Object) 1).iterator();
        case "throws" ->
            new Object() {
              @Override
              public String toString() {
                throw new UnsupportedOperationException("has no text");
              }
            };
        case "asserts" ->
            new Object() {
              @Override
              public String toString() {
                throw new AssertionError("never to be looked at");
              }
            };
        case "twice" -> Map.of(1, "a", "1", "b");
        case "long" -> BigInteger.TEN.pow(1000);
        case "half" -> "a\ud800b";
        case "no number" -> List.of(Double.NaN, Float.NEGATIVE_INFINITY, 1.5f);
        default -> Map.of("a", List.of(1, "b", true));
      };
    }
  }

  @Test
  void shouldFailAnEntryAloneOfWhichTheResultIsNoJson() throws IOException {
    try (WorkerRig rig = new WorkerRig(directory)) {
      rig.start(with(new Returns(), 1, Duration.ofMinutes(1)));
      for (String bad : List.of("in itself", "no end", "throws", "asserts", "twice", "long")) {
        JobEnd end = await(rig.queue.enqueue(Job.of("returns", bad).keepResult()));
        assertThat(end.isDone()).as(bad).isFalse();
        assertThat(end.error()).contains("can't be kept as JSON");
        assertThat(await(rig.queue.enqueue(Job.of("returns", bad))).isDone()).as(bad).isTrue();
      }
      Map.of("half", "a?b", "no number", List.of("NaN", "-Infinity", 1.5))
          .forEach((payload, result) ->
              assertThat(await(rig.queue.enqueue(Job.of("returns", payload).keepResult())).result())
                  .isEqualTo(result));
      assertThat(await(rig.queue.enqueue(Job.of("returns", "good").keepResult())).result())
          .isEqualTo(Map.of("a", List.of(1, "b", true)));
    }
  }

  @Test
  void shouldGiveBackWhatHandlersHaveWhenItEndsAndCountNoAttempt() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    Hanging hanging = new Hanging(end, new AtomicInteger());
    try (WorkerRig rig = new WorkerRig(directory)) {
      Enqueued job = rig.queue.enqueue(Job.of("hangs", 1));
      for (int i = 1; i <= 5; i++) { // more often than it may be tried
        int calls = i;
        rig.start(with(hanging, 1, Duration.ofMinutes(1)));
        WorkerRig.await("it is begun", () -> hanging.calls().get() == calls);
        rig.worker().stop();
        rig.awaitEnd();
        assertThat(WorkerRig.names(rig.spool.pending)).containsExactly(job.name());
      }
      end.countDown();
      rig.start(with(hanging, 1, Duration.ofMinutes(1)));
      assertThat(await(job).isDone()).isTrue();
    } finally {
      end.countDown();
    }
  }

  @Test
  void shouldNeverRunTwoOfOneIdAtATimeInTwoWorkers() {
    CountDownLatch end = new CountDownLatch(1);
    Hanging hanging = new Hanging(end, new AtomicInteger());
    WorkerOptions options = WorkerOptions.of(directory).join(true);
    try (WorkerRig one = new WorkerRig(options);
        WorkerRig other = new WorkerRig(options)) {
      Enqueued first = one.queue.enqueue(Job.of("hangs", 1).id("same"));
      one.start(with(hanging, 1, Duration.ofMinutes(1))); // and with this one it is full
      WorkerRig.await("it is begun", () -> hanging.calls().get() == 1);
      Enqueued second = one.queue.enqueue(Job.of("hangs", 2).id("same"));
      Enqueued third = one.queue.enqueue(Job.of("hangs", 3).id("another"));
      other.start(with(hanging, 2, Duration.ofMinutes(1)));
      WorkerRig.await("the third is begun", () -> hanging.calls().get() == 2);
      WorkerRig.await( // it is taken for a moment each time that it is looked at
          "the second is given back",
          () ->
              java.util.Set.copyOf(WorkerRig.names(one.spool.processing))
                  .equals(java.util.Set.of(first.name() + "@w0", third.name() + "@w1")));
      assertThat(hanging.calls()).hasValue(2);
      end.countDown();
      one.awaitCompleted(second.name());
      assertThat(hanging.calls()).hasValue(2);
    } finally {
      end.countDown();
    }
  }
}
