package gyre.insight;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.insight.web.WebOptions;
import gyre.process.Command;
import gyre.process.CommandResult;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page of loops, and what Prometheus makes of its figures; here of this process. */
@Timeout(90)
class InsightTest {
  private static final Path MONITORING = Path.of("monitoring").toAbsolutePath();
  private static final Pattern METRIC = Pattern.compile("gyre_(loop|process)_[a-z_]+");
  private static final Pattern EXPRESSION = Pattern.compile("\"expr\": \"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final CompletableFuture<Boolean> IS_OVER = new CompletableFuture<>();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static Thread watched = new Thread();

  @TempDir Path directory;

  @BeforeAll
  static void openALoop() {
    CompletableFuture<Boolean> isOpen = new CompletableFuture<>();
    watched =
        Thread.ofPlatform()
            .start(() -> {
              try (Loop loop = Loop.open(LoopOptions.defaults().name("sho\"wn"))) {
                loop.run(() -> {
                  isOpen.complete(true);
                  Fiber<?> ignored = Fiber.start("ticker", InsightTest::tick);
                });
              }
            });
    boolean ignored = isOpen.join();
  }

  private static void tick() {
    while (!IS_OVER.isDone()) {
      Fiber.sleep(Duration.ofMillis(5));
    }
  }

  @AfterAll
  static void closeTheLoop() throws InterruptedException {
    IS_OVER.complete(true);
    watched.join();
    CLIENT.close();
  }

  private static WebOptions anyPort() {
    return WebOptions.at(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
  }

  private static HttpResponse<String> get(int port, String target)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + port + target);
    return CLIENT.send(
        HttpRequest.newBuilder(uri).build(),
        HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
  }

  // ---- the page

  @Test
  void shouldShowLoopsFibersAndFigures() throws Exception {
    try (Insight page = Insight.serve(anyPort())) {
      int port = page.address().getPort();
      assertThat(get(port, "/").body()).contains("<title>Gyre loops</title>");
      assertThat(get(port, "/insight.js").statusCode()).isEqualTo(200);
      assertThat(get(port, "/api/state").body())
          .contains("\"name\":\"sho\\\"wn\"", "\"point\":[", "\"bars\":{", "\"alive\":true");
      assertThat(get(port, "/api/history").body()).startsWith("{\"rows\":[[");
      assertThat(get(port, "/api/tree?text=TICKER").body())
          .contains("\"shown\":1,", "\"name\":\"ticker\"", "InsightTest.tick");
      assertThat(get(port, "/readyz").body()).isEqualTo("ok\n");
      assertThat(page.link()).isEqualTo("http://127.0.0.1:" + port + "/");
    }
  }

  @Test
  void shouldTellEventsWhileTheyHappen() throws Exception {
    try (Insight page = Insight.serve(anyPort())) {
      URI uri = URI.create("http://127.0.0.1:" + page.address().getPort() + "/api/feed");
      HttpResponse<Stream<String>> feed =
          CLIENT.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofLines());
      try (Stream<String> lines = feed.body()) {
        List<String> data = lines.filter(line -> line.startsWith("data:")).limit(2).toList();
        assertThat(data).hasSize(2).allMatch(line -> line.contains("\"point\":["));
      }
    }
  }

  @Test
  void shouldAskForATokenWhereOneIsSet() throws Exception {
    try (Insight page = Insight.serve(anyPort().token("0123456789abcdef-token"))) {
      int port = page.address().getPort();
      for (String each : List.of("/api/state", "/api/tree", "/api/feed", "/metrics")) {
        assertThat(get(port, each).statusCode()).as(each).isEqualTo(401);
      }
      assertThat(get(port, "/healthz").statusCode()).isEqualTo(200);
      URI uri = URI.create("http://127.0.0.1:" + port + "/metrics");
      HttpRequest request =
          HttpRequest.newBuilder(uri)
              .header("Authorization", "Bearer 0123456789abcdef-token")
              .build();
      assertThat(CLIENT.send(request, HttpResponse.BodyHandlers.ofString()).body())
          .contains("gyre_loop_turns_total{");
    }
  }

  @Test
  void shouldMakeATokenForOtherMachines() {
    WebOptions everywhere =
        WebOptions.at(new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 0));
    try (Insight page = Insight.serve(everywhere)) {
      assertThat(page.token()).isPresent();
      assertThat(page.link()).contains("#token=");
    }
  }

  @Test
  void shouldSayThatAProcessTellsNothing() {
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> Insight.serve(999_999_999, anyPort()))
        .isInstanceOf(java.io.UncheckedIOException.class)
        .hasMessageContaining("no such process");
  }

  // ---- Prometheus

  private static String figures() throws IOException {
    try (Observation observation = Observation.open(ProcessHandle.current().pid())) {
      Observation.Look ignored = observation.look();
      return LoopMetrics.text(observation.look());
    }
  }

  private static List<String> expressions() throws IOException {
    List<String> found = new ArrayList<>();
    String text = Files.readString(MONITORING.resolve("grafana.json"));
    for (Matcher each = EXPRESSION.matcher(text); each.find(); ) {
      found.add(each.group(1).replace("\\\"", "\""));
    }
    assertThat(found).hasSizeGreaterThanOrEqualTo(25);
    return found;
  }

  private static Set<String> metrics(String text) {
    Set<String> names = new TreeSet<>();
    for (Matcher each = METRIC.matcher(text); each.find(); ) {
      names.add(each.group());
    }
    return names;
  }

  private static Path judge(String program) {
    Path path = Path.of("/usr/bin", program);
    if (!Files.isExecutable(path)) {
      assertThat(System.getenv("GYRE_JUDGES")).as("%s is missing", path).isNull();
      System.out.println("SKIPPED: " + program + " is not installed (package prometheus)");
      Assumptions.abort(program + " is not installed");
    }
    return path;
  }

  @Test
  void shouldNameOnlyFiguresThatThereAre() throws IOException {
    Set<String> known = metrics(figures());
    assertThat(known).containsAll(metrics(String.join(" ", expressions())));
    assertThat(known).containsAll(metrics(Files.readString(MONITORING.resolve("alerts.yml"))));
  }

  @Test
  void shouldCountEachValueInOneBucket() throws IOException {
    List<String> turns =
        figures()
            .lines()
            .filter(line -> line.startsWith("gyre_loop_turn_duration_seconds_"))
            .filter(line -> line.contains("sho\\\"wn"))
            .toList();
    String last =
        turns.stream().filter(line -> line.contains("le=\"+Inf\"")).findFirst().orElseThrow();
    String count =
        turns.stream().filter(line -> line.contains("_count{")).findFirst().orElseThrow();
    assertThat(last.substring(last.indexOf("} "))).isEqualTo(count.substring(count.indexOf("} ")));
    assertThat(count).doesNotEndWith("} 0");
  }

  @Test
  void shouldPassPromtool() throws IOException {
    Path promtool = judge("promtool");
    assertClean(
        Command.of(promtool.toString(), "check", "metrics"),
        figures().getBytes(StandardCharsets.UTF_8));
    assertClean(rules(promtool, "check", "rules", "alerts.yml"), new byte[0]);
    assertClean(rules(promtool, "test", "rules", "alerts-test.yml"), new byte[0]);
    assertClean(rules(promtool, "check", "config", "prometheus.yml"), new byte[0]);
  }

  private static Command rules(Path promtool, String... arguments) {
    return Command.of(promtool.toString(), arguments).directory(MONITORING);
  }

  private static void assertClean(Command command, byte[] input) {
    try (Loop loop = Loop.open()) {
      CommandResult result =
          loop.run(() -> command.timeout(Duration.ofSeconds(30)).transform(input));
      assertThat(result.exit().code())
          .as(result.output() + new String(result.stderr(), StandardCharsets.UTF_8))
          .isZero();
    }
  }

  /** A real Prometheus asks a real page, and each expression finds something. */
  @Test
  void shouldAnswerEveryExpressionOfGrafana() throws Exception {
    Path prometheus = judge("prometheus");
    try (Insight page = Insight.serve(anyPort())) {
      Path config =
          Files.writeString(
              directory.resolve("prometheus.yml"),
              """
              global: {scrape_interval: 200ms, evaluation_interval: 1s}
              rule_files: ['%s']
              scrape_configs:
                - job_name: gyre-loops
                  static_configs: [{targets: ['127.0.0.1:%d']}]
              """
                  .formatted(MONITORING.resolve("alerts.yml"), page.address().getPort()));
      Process server =
          new ProcessBuilder(
                  prometheus.toString(),
                  "--config.file=" + config,
                  "--storage.tsdb.path=" + directory.resolve("data"),
                  "--web.listen-address=127.0.0.1:0")
              .redirectErrorStream(true)
              .start();
      try {
        askAll(port(server));
      } finally {
        server.destroyForcibly().waitFor();
      }
    }
  }

  private static int port(Process server) throws IOException {
    Pattern listening = Pattern.compile("msg=\"Listening on\" address=127\\.0\\.0\\.1:(\\d+)");
    BufferedReader lines = server.inputReader(StandardCharsets.UTF_8);
    StringBuilder all = new StringBuilder();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      all.append(line).append('\n');
      Matcher found = listening.matcher(line);
      if (found.find()) {
        drain(lines);
        return Integer.parseInt(found.group(1));
      }
    }
    throw new AssertionError("Prometheus does not listen: " + all);
  }

  /** So that it is never held up by lines that nobody reads. */
  private static void drain(BufferedReader lines) {
    Thread.ofVirtual()
        .start(() -> {
          try {
            while (lines.readLine() != null) {
              // read
            }
          } catch (IOException e) {
            // it has ended
          }
        });
  }

  /** Until there are two samples, a rate has no answer; the limit of the test ends the wait. */
  private static void askAll(int port) throws Exception {
    for (String each : expressions()) {
      String expression =
          each.replace("$job", ".*").replace("$instance", ".*").replace("$__rate_interval", "1m");
      String query = "/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8);
      String answer = get(port, query).body();
      while (answer.contains("\"result\":[]") || answer.equals("Service Unavailable")) {
        LockSupport.parkNanos(20_000_000);
        answer = get(port, query).body();
      }
      assertThat(answer).as(expression).contains("\"status\":\"success\"");
    }
    assertThat(get(port, "/api/v1/rules").body()).doesNotContain("\"health\":\"err\"");
  }
}
