package gyre.http.client;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Scope;
import gyre.http.HttpLimits;
import gyre.net.PoolOptions;
import gyre.sim.Simulation;
import gyre.sim.WorldEngine;
import gyre.sim.fault.Faults;
import gyre.sync.Retry;
import gyre.sync.RetryBudget;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.ToLongFunction;

/**
 * A client asks a {@link WildServer} by several fibers over few connections, in a world of short
 * reads and delays. Each answer has the bytes of its own request and no others; what is not
 * idempotent is handled at most once, and everything else no more often than it may be repeated.
 * Where the server keeps the rules each request is answered.
 */
public final class ClientWorld implements ToLongFunction<long[]> {
  private static final int PORT = 8080;
  private static final int FIBERS = 3;
  private static final int REQUESTS = 10;
  private static final int ATTEMPTS = 3;
  private static final Duration LONG = Duration.ofHours(3);

  private long answers;

  /** For the loader. */
  public ClientWorld() {}

  /**
   * Runs worlds whose network delays and cuts, and whose server breaks in every second one.
   *
   * @param range the first seed, and how many
   * @return how many answers there were
   */
  @Override
  public long applyAsLong(long[] range) {
    for (long seed = range[0]; seed < range[0] + range[1]; seed++) {
      run(seed, seed % 2 == 1, false);
    }
    return answers;
  }

  /** One world. */
  long run(long seed, boolean serverBreaks, boolean networkBreaks) {
    WildServer[] server = {new WildServer(seed, serverBreaks)};
    Map<String, Boolean> idempotent = new HashMap<>();
    int[] runs = {0};
    Simulation.seed(seed)
        .engine(WorldEngine.ofSeed(seed))
        .limit(Duration.ofHours(40))
        .world(world -> {
          world.host("server").background(() -> server[0].run(PORT));
          world
              .host("client")
              .run(() -> ask(seed, runs[0]++, idempotent, serverBreaks || networkBreaks));
          world.link("client", "server").latency(Duration.ofMillis(1), Duration.ofMillis(20));
        })
        .faults(networkBreaks ? Faults.all() : Faults.timing())
        .run();
    assertThat(server[0].wrong).as("seed " + seed).isEmpty();
    server[0].handled.forEach((name, times) ->
        assertThat(times)
            .as(name + " with seed " + seed)
            .isLessThanOrEqualTo(Boolean.TRUE.equals(idempotent.get(name)) ? 2 * ATTEMPTS : 1));
    return answers;
  }

  private static ClientOptions options(boolean mayBreak) {
    ClientOptions options =
        ClientOptions.defaults()
            .pool(PoolOptions.defaults().maxPerTarget(2).waitTimeout(LONG))
            .connectTimeout(mayBreak ? Duration.ofSeconds(10) : LONG)
            .totalTimeout(LONG);
    if (mayBreak) {
      return options.retry(Retry.defaults().attempts(ATTEMPTS).budget(RetryBudget.create(100, 10)));
    }
    return options.limits(
        HttpLimits.defaults().headTimeout(LONG).bodyTimeout(LONG).writeTimeout(LONG));
  }

  private void ask(long seed, int run, Map<String, Boolean> idempotent, boolean mayBreak) {
    Fiber.sleep(Duration.ofSeconds(1)); // until the server is there
    try (HttpClient client = HttpClient.open(options(mayBreak));
        Scope scope = Scope.open("askers")) {
      for (int fiber = 0; fiber < FIBERS; fiber++) {
        String prefix = (char) ('a' + Math.min(25, run)) + "" + fiber + "-";
        Random random = new Random(seed * 31 + fiber);
        scope.start(() -> {
          for (int i = 0; i < REQUESTS; i++) {
            askOne(client, prefix + i, random, idempotent, mayBreak);
          }
        });
      }
      scope.join();
      assertThat(client.counters().lent()).isZero();
    }
  }

  private void askOne(
      HttpClient client,
      String name,
      Random random,
      Map<String, Boolean> idempotent,
      boolean mayBreak) {
    ClientRequest request = request(name, random);
    idempotent.put(name, request.isIdempotent());
    try (ClientResponse response = client.send(request)) {
      assertThat(response.header("X-Name")).isEqualTo(name);
      int count = Integer.parseInt(String.valueOf(response.header("X-Count")));
      String expected = request.method().equals("HEAD") ? "" : name.repeat(count);
      switch (random.nextInt(5)) {
        case 0 -> {} // is not interested
        case 1 -> {
          if (response.body().await(1)) {
            byte[] some = response.body().input().take((int) response.body().input().size());
            assertThat(expected).startsWith(new String(some, StandardCharsets.ISO_8859_1));
          }
        }
        default -> assertThat(response.body().readText()).isEqualTo(expected);
      }
      answers++;
    } catch (HttpClientException e) {
      boolean isMalformed = e.kind() == HttpClientException.Kind.MALFORMED && !isCut(e);
      if (!mayBreak || isMalformed) {
        throw e;
      }
    }
  }

  /** A head or a body that ends too early is no surprise where things break. */
  private static boolean isCut(HttpClientException e) {
    return String.valueOf(e.getMessage()).contains("connection ended");
  }

  private static ClientRequest request(String name, Random random) {
    String url = "http://server:" + PORT + "/" + name;
    ClientRequest request =
        switch (random.nextInt(6)) {
          case 0 -> ClientRequest.head(url);
          case 1 -> ClientRequest.post(url);
          case 2 -> ClientRequest.put(url);
          case 3 -> ClientRequest.post(url).idempotent(true);
          default -> ClientRequest.get(url);
        };
    if (request.method().startsWith("P")) {
      String body = name.repeat(1 + random.nextInt(random.nextInt(4) == 0 ? 9000 : 5));
      request = random.nextBoolean() ? request.body(body) : streamed(request, body);
      request = request.expectContinue(random.nextInt(3) == 0);
    }
    return request;
  }

  private static ClientRequest streamed(ClientRequest request, String body) {
    return request
        .body(out -> {
          int half = body.length() / 2;
          out.write(body.substring(0, half));
          Fiber.sleep(Duration.ofMillis(30));
          out.write(body.substring(half));
        })
        .repeatableBody(true);
  }
}
