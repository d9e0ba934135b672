package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.process.Command;
import gyre.process.CommandResult;
import java.io.BufferedReader;
import java.io.IOException;
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
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The figures, the rules and the dashboard of Grafana fit each other, in the eyes of Prometheus.
 */
@Timeout(180)
class MonitoringTest {
  private static final Path MONITORING = Path.of("monitoring").toAbsolutePath();
  private static final Pattern METRIC = Pattern.compile("gyre_queue_[a-z_]+");

  @TempDir Path directory;

  private static Path judge(String program) {
    Path path = Path.of("/usr/bin", program);
    if (!Files.isExecutable(path)) {
      assertThat(System.getenv("GYRE_JUDGES")).as("%s is missing", path).isNull();
      System.out.println("SKIPPED: " + program + " is not installed (package prometheus)");
      Assumptions.abort(program + " is not installed");
    }
    return path;
  }

  private static String figures() {
    WorkerSample worker =
        new WorkerSample(
            0,
            1,
            "event",
            1,
            1,
            0,
            0,
            0,
            true,
            true,
            0,
            1,
            2,
            3,
            4,
            5,
            false,
            "",
            new long[LatencyStats.BUCKETS],
            1.5);
    Sample sample =
        new Sample(
            1, new long[11], 1, 2, 3, 4, 5.5, true, List.of("a\"b\\"), List.of(worker), "", 7);
    return QueueMetrics.text(sample, 1);
  }

  /** The expressions of the rules, and of all panels and variables. */
  private static List<String> expressions() throws IOException, BadEntryException {
    List<String> found = new ArrayList<>();
    collect(Json.readObject(Files.readAllBytes(MONITORING.resolve("grafana.json"))), found);
    assertThat(found).hasSizeGreaterThanOrEqualTo(25);
    return found;
  }

  private static void collect(@Nullable Object value, List<String> found) {
    switch (value) {
      case Map<?, ?> map -> {
        if (map.get("expr") instanceof String text) {
          found.add(text);
        }
        map.values().forEach(each -> collect(each, found));
      }
      case List<?> list -> list.forEach(each -> collect(each, found));
      case null, default -> {}
    }
  }

  private static Set<String> metrics(String text) {
    Set<String> names = new TreeSet<>();
    for (Matcher each = METRIC.matcher(text); each.find(); ) {
      names.add(each.group());
    }
    return names;
  }

  @Test
  void shouldNameOnlyFiguresThatThereAre() throws Exception {
    Set<String> known = metrics(figures());
    assertThat(known).containsAll(metrics(String.join(" ", expressions())));
    assertThat(known).containsAll(metrics(Files.readString(MONITORING.resolve("alerts.yml"))));
  }

  @Test
  void shouldPassPromtool() {
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

  /** A real Prometheus asks a real dashboard, and each expression finds something. */
  @Test
  void shouldAnswerEveryExpressionOfGrafana() throws Exception {
    Path prometheus = judge("prometheus");
    try (WorkerRig rig = new WorkerRig(directory.resolve("q"));
        Dashboard dashboard =
            Dashboard.open(DashboardOptions.of(rig.directory).web(DashboardTest.anyPort()))) {
      rig.start();
      rig.queue.enqueue(Job.sql("SELECT 1"));
      Path config =
          Files.writeString(
              directory.resolve("prometheus.yml"),
              """
              global: {scrape_interval: 200ms, evaluation_interval: 1s}
              rule_files: ['%s']
              scrape_configs:
                - job_name: gyre-queue
                  static_configs: [{targets: ['127.0.0.1:%d']}]
              """
                  .formatted(MONITORING.resolve("alerts.yml"), dashboard.address().getPort()));
      Process server =
          new ProcessBuilder(
                  prometheus.toString(),
                  "--config.file=" + config,
                  "--storage.tsdb.path=" + directory.resolve("data"),
                  "--web.listen-address=127.0.0.1:0")
              .redirectErrorStream(true)
              .start();
      try {
        askAll(port(server), rig);
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

  private static void askAll(int port, WorkerRig rig) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      WorkerRig.await("Prometheus is ready", () -> isReady(client, port));
      for (String each : expressions()) {
        String expression =
            each.replace("$job", ".*").replace("$instance", ".*").replace("$__rate_interval", "1m");
        WorkerRig.await(
            expression,
            () -> {
              rig.queue.enqueue(Job.sql("SELECT 1")); // else there would be no rate
              return hasResult(client, port, expression);
            });
      }
      WorkerRig.await("each rule is evaluated", () -> areRulesWell(client, port));
    }
  }

  /** It listens before it can answer anything. */
  private static boolean isReady(HttpClient client, int port) {
    return ask(client, port, "/-/ready").statusCode() == 200;
  }

  /** A rule that was not yet evaluated is "unknown". */
  private static boolean areRulesWell(HttpClient client, int port) {
    String rules = ask(client, port, "/api/v1/rules").body();
    assertThat(rules).doesNotContain("\"health\":\"err\"");
    return rules.split("\"health\":\"ok\"", -1).length >= 1 + 9;
  }

  private static boolean hasResult(HttpClient client, int port, String expression) {
    String query = URLEncoder.encode(expression, StandardCharsets.UTF_8);
    String answer = ask(client, port, "/api/v1/query?query=" + query).body();
    assertThat(answer).as(expression).contains("\"status\":\"success\"");
    return !answer.contains("\"result\":[]") && !answer.contains("\"NaN\"");
  }

  private static HttpResponse<String> ask(HttpClient client, int port, String target) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target)).build();
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(target, e);
    }
  }
}
