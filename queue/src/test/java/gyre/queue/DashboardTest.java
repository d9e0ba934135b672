package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.insight.web.WebOptions;
import gyre.queue.Inspection.Place;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the dashboard tells and does; who may ask is in {@code WebConsoleTest}. */
@Timeout(180)
class DashboardTest {
  @TempDir Path directory;
  private final HttpClient client = HttpClient.newHttpClient();
  private WorkerRig rig;
  private Dashboard dashboard;
  private String csrf = "";

  static WebOptions anyPort() {
    return WebOptions.at(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  @BeforeEach
  void open() throws Exception {
    rig = new WorkerRig(directory);
    dashboard = Dashboard.open(DashboardOptions.of(directory).web(anyPort()));
    csrf = String.valueOf(json("/session").get("csrf"));
  }

  @AfterEach
  void close() {
    dashboard.close();
    rig.close();
    client.close();
  }

  private URI uri(String target) {
    return URI.create(dashboard.link()).resolve(target);
  }

  private HttpResponse<String> get(String target) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(uri(target)).timeout(Duration.ofSeconds(20)).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private Map<String, @Nullable Object> json(String target) throws Exception {
    HttpResponse<String> answer = get(target);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Json.readObject(answer.body().getBytes(StandardCharsets.UTF_8));
  }

  private HttpResponse<String> post(String target, String... fields) throws Exception {
    StringBuilder form = new StringBuilder();
    for (int i = 0; i < fields.length; i += 2) {
      form.append(fields[i]).append('=');
      form.append(URLEncoder.encode(fields[i + 1], StandardCharsets.UTF_8)).append('&');
    }
    HttpRequest request =
        HttpRequest.newBuilder(uri(target))
            .timeout(Duration.ofSeconds(20))
            .header("X-Gyre-Csrf", csrf)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form.toString()))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  @SuppressWarnings("unchecked") // made by Json
  private List<Map<String, @Nullable Object>> entries(String query) throws Exception {
    return (List<Map<String, @Nullable Object>>)
        java.util.Objects.requireNonNull(json("/api/entries?" + query).get("entries"));
  }

  // ---- looking

  @Test
  void shouldServeThePageAndWhatItNeeds() throws Exception {
    String page = get("/").body();
    assertThat(page).contains("<title>Gyre queue</title>").doesNotContain("<style", "onclick=");
    var paths = java.util.regex.Pattern.compile("(?:src|href)=\"(/[^\"]+)\"").matcher(page);
    int count = 0;
    while (paths.find()) {
      assertThat(get(paths.group(1)).statusCode()).as(paths.group(1)).isEqualTo(200);
      count++;
    }
    assertThat(count).isEqualTo(6);
  }

  @Test
  void shouldTellWhatIsWhere() throws Exception {
    rig.queue.enqueue(Job.of("nobody", "x").priority(2).id("a"));
    rig.queue.enqueue(Job.of("nobody", "y").priority(9).in(Duration.ofHours(1)));
    // In one state: each place is looked at by itself.
    WorkerRig.await("both are told", () -> stateHas("\"pending\":1", "\"delayed\":1"));
    Map<String, @Nullable Object> state = json("/api/state");
    assertThat(state.get("directory")).isEqualTo(directory.toString());
    assertThat(String.valueOf(state.get("workers"))).isEqualTo("[]");
    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    rig.start();
    WorkerRig.await("the worker is seen", this::isWorkerSeen);
    assertThat(get("/readyz").body()).isEqualTo("ok\n");
    assertThat(get("/healthz").body()).isEqualTo("ok\n");
    assertThat(String.valueOf(json("/api/history").get("rows"))).startsWith("[[");
  }

  private boolean isWorkerSeen() {
    try {
      return String.valueOf(json("/api/state").get("workers")).contains("slot=0")
          && get("/readyz").statusCode() == 200;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldListSearchAndFilter() throws Exception {
    rig.queue.enqueue(Job.of("mail", Map.of("to", "Ada")).priority(3).id("m"));
    rig.queue.enqueue(Job.of("fax", "number").priority(1).id("f"));
    rig.queue.enqueue(Job.sql("SELECT 1").priority(3).id("s"));
    rig.drop(
        rig.spool.pending.resolve("4"),
        "7_1",
        "{\"operation\":\"mail\"}".getBytes(StandardCharsets.UTF_8));
    assertThat(entries("place=pending").stream().map(each -> each.get("id")))
        .containsExactly("f", "m", "s", "1");
    assertThat(entries("place=pending&limit=1")).hasSize(1);
    assertThat(json("/api/entries?place=pending&limit=1").get("cut")).isEqualTo(true);
    assertThat(entries("place=pending&text=ada")).hasSize(1);
    assertThat(entries("place=pending&operation=mail")).hasSize(2);
    assertThat(entries("place=pending&operation=mail&priority=4").getFirst().get("file"))
        .isEqualTo("4/7_1");
    assertThat(entries("place=pending&text=nothing-like-it")).isEmpty();
    assertThat(entries("place=failed")).isEmpty();
    assertThat(get("/api/entries?place=elsewhere").statusCode()).isEqualTo(400);
    assertThat(get("/api/entries").statusCode()).isEqualTo(400);
    assertThat(get("/api/entries?place=pending&limit=1000000").statusCode()).isEqualTo(400);
    assertThat(get("/api/entries?place=pending&text=" + "x".repeat(201)).statusCode())
        .isEqualTo(400);
  }

  @Test
  void shouldShowAnEntryWithItsErrorAndAttempts() throws Exception {
    rig.drop("5_1", "{\"sql\":\"SELECT * FROM nowhere\"}");
    Files.writeString(
        directory.resolve("queue.toml"),
        "[queue]\nretries = 1\nbackoff_seconds = 0\nbackoff_max_seconds = 0.01\n");
    rig.start();
    rig.awaitFailed("06_1");
    Map<String, @Nullable Object> entry = json("/api/entry?place=failed&file=06_1");
    assertThat(entry.get("error")).asString().contains("no such table: nowhere");
    assertThat(entry.get("attempts")).isEqualTo(2);
    assertThat(entry.get("failed_at")).asString().startsWith("20");
    assertThat(entry.get("content")).isEqualTo("{\"sql\":\"SELECT * FROM nowhere\"}");
  }

  /** Files come from anybody, and so do their names: whatever they hold is text. */
  @Test
  void shouldTellStrangeEntriesAsTheyAre() throws Exception {
    String name = "<script>alert(1)</script>'\"&\\";
    String safe = name.replace("/", "");
    rig.drop(safe, "{\"operation\":\"<b>\",\"payload\":\"</script>\\u0000\\u2028\"}");
    rig.drop("5_2", "no JSON at all <img>");
    Files.write(rig.spool.pending.resolve("5_3"), new byte[] {(byte) 0xFF, (byte) 0xFE, 0});
    Files.createSymbolicLink(rig.spool.pending.resolve("5_4"), Path.of("/etc/passwd"));
    Files.createDirectory(rig.spool.pending.resolve("5_5"));
    Files.write(rig.spool.pending.resolve("5_6"), new byte[(1 << 20) + 1]);
    assertThat(entries("place=pending")).hasSize(6);
    Map<String, @Nullable Object> first = entries("place=pending&operation=%3Cb%3E").getFirst();
    assertThat(first.get("file")).isEqualTo(safe);
    assertThat(first.get("brief")).isEqualTo("</script>\u0000\u2028");
    for (String file : List.of("5_4", "5_5", "5_6")) {
      assertThat(json("/api/entry?place=pending&file=" + file).get("content")).isEqualTo("");
    }
    assertThat(json("/api/entry?place=pending&file=5_2").get("content"))
        .isEqualTo("no JSON at all <img>");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../queue.db",
        "../../etc/passwd",
        "/etc/passwd",
        "1/../../queue.toml",
        "..",
        ".",
        "1/",
        "1/..",
        "11/x",
        ".hidden",
        "a\u0000b",
        "a/b/c",
        "no-such-file"
      })
  void shouldReachNothingButEntries(String file) throws Exception {
    Files.writeString(directory.resolve("queue.toml"), "");
    Files.createDirectories(rig.spool.pending.resolve("1"));
    String query = "&file=" + URLEncoder.encode(file, StandardCharsets.UTF_8);
    for (Place place : Place.values()) {
      String name = place.name().toLowerCase(java.util.Locale.ROOT);
      assertThat(get("/api/entry?place=" + name + query).statusCode()).isIn(400, 404);
      assertThat(post("/api/discard", "place", name, "file", file).body()).contains("\"done\":0");
      assertThat(post("/api/retry", "place", name, "file", file).body()).contains("\"done\":0");
    }
    assertThat(directory.resolve("queue.toml")).exists();
  }

  // ---- doing

  @Test
  void shouldRetryAndDiscard() throws Exception {
    rig.drop("5_1", "{\"operation\":\"nobody\"}");
    rig.drop("5_2", "{\"operation\":\"nobody\"}");
    rig.drop("5_3", "{\"operation\":\"nobody\"}");
    rig.once();
    assertThat(entries("place=failed")).hasSize(3);
    assertThat(post("/api/retry", "place", "failed", "file", "5_1").body()).contains("\"done\":1");
    assertThat(post("/api/retry", "place", "failed", "file", "5_1").body()).contains("\"done\":0");
    assertThat(rig.spool.pending.resolve("5_1")).exists();
    assertThat(rig.spool.failed.resolve("5_1.error")).doesNotExist();
    assertThat(post("/api/discard", "place", "failed", "file", "5_2").body())
        .contains("\"done\":1");
    assertThat(rig.spool.failed.resolve("5_2")).doesNotExist();
    assertThat(post("/api/retry-all").body()).contains("\"done\":1");
    assertThat(WorkerRig.names(rig.spool.pending)).containsExactly("5_1", "5_3");
    assertThat(post("/api/retry", "place", "completed", "file", "x").body()).contains("\"done\":0");
    assertThat(post("/api/retry", "place", "failed").statusCode()).isEqualTo(400);
  }

  @Test
  void shouldPauseAndResume() throws Exception {
    assertThat(post("/api/pause").body()).contains("\"done\":1");
    assertThat(post("/api/pause", "operation", "mail").body()).contains("\"done\":1");
    WorkerRig.await(
        "both are told",
        () -> {
          try {
            Map<String, @Nullable Object> state = json("/api/state");
            return Boolean.TRUE.equals(state.get("paused"))
                && List.of("mail").equals(state.get("paused_kinds"));
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    assertThat(post("/api/resume").body()).contains("\"done\":1");
    assertThat(post("/api/resume").body()).contains("\"done\":0");
    assertThat(post("/api/pause", "operation", "../x").statusCode()).isEqualTo(400);
  }

  // ---- figures and the feed

  @Test
  void shouldTellFiguresOfWhatWasDone() throws Exception {
    rig.start();
    for (int i = 0; i < 5; i++) {
      rig.queue.enqueue(Job.sql("SELECT 1"));
    }
    // In one answer: what lies in completed/ is looked at more seldom than heartbeats are.
    WorkerRig.await(
        "the figures are told",
        () ->
            has(
                "/metrics",
                "gyre_queue_processed_total{worker=\"0\"} 5\n",
                "gyre_queue_latency_seconds_count{worker=\"0\"} 5\n",
                "gyre_queue_entries{place=\"completed\"} 5\n"));
    assertThat(get("/metrics").headers().firstValue("Content-Type").orElse(""))
        .isEqualTo("text/plain; version=0.0.4; charset=utf-8");
  }

  @Test
  void shouldSendTheStateToWhoListens() throws Exception {
    HttpRequest request = HttpRequest.newBuilder(uri("/api/feed")).build();
    HttpResponse<java.io.InputStream> feed =
        client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(feed.body(), StandardCharsets.UTF_8))) {
      assertThat(lines.readLine()).startsWith("retry: ");
      rig.drop("5_1", "{}");
      String line = lines.readLine();
      while (!line.contains("\"pending\":1")) {
        line = lines.readLine();
      }
      dashboard.close();
      while (line != null && !line.equals("event: end")) {
        line = lines.readLine();
      }
      assertThat(line).isEqualTo("event: end");
    }
  }

  private Socket listen() throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4096); // nobody reads: what does not fit is for the feed to drop
    socket.connect(dashboard.address());
    socket
        .getOutputStream()
        .write(
            "GET /api/feed HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    return socket;
  }

  @Test
  void shouldHoldUpNothingForAThousandWhoListenAndDoNotRead() throws Exception {
    rig.start();
    List<Socket> listeners = new ArrayList<>();
    try {
      for (int i = 0; i < 1000; i++) {
        listeners.add(listen());
      }
      String all = "gyre_queue_dashboard_subscribers 1000\n";
      WorkerRig.await("all listen", () -> has("/metrics", all));
      try (Socket another = listen();
          BufferedReader answer =
              new BufferedReader(
                  new InputStreamReader(another.getInputStream(), StandardCharsets.UTF_8))) {
        assertThat(answer.readLine()).contains(" 503 ");
      }
      for (int i = 0; i < 3; i++) { // each change is told to all of them
        assertThat(
                post(i % 2 == 0 ? "/api/pause" : "/api/resume", "operation", "mail").statusCode())
            .isEqualTo(200);
        Enqueued job = rig.queue.enqueue(Job.sql("SELECT 1"));
        assertThat(job.await(WorkerRig.HANG_LIMIT)).isPresent();
        assertThat(get("/healthz").statusCode()).isEqualTo(200);
        assertThat(json("/api/state").get("workers"))
            .asInstanceOf(InstanceOfAssertFactories.LIST)
            .hasSize(1);
      }
      assertThat(get("/metrics").body()).contains(all);
    } finally {
      for (Socket each : listeners) {
        each.close();
      }
    }
  }

  // ---- what may go wrong

  @Test
  void shouldSayThatThereIsNoQueue() {
    DashboardOptions options = DashboardOptions.of(directory.resolve("nothing")).web(anyPort());
    assertThatThrownBy(() -> Dashboard.open(options))
        .isInstanceOf(QueueException.class)
        .hasMessageContaining("there is none");
  }

  @Test
  void shouldSayThatItsAddressIsTaken() {
    DashboardOptions options =
        DashboardOptions.of(directory).web(WebOptions.at(dashboard.address()));
    assertThatThrownBy(() -> Dashboard.open(options)).hasMessageContaining("EADDRINUSE");
  }

  /** A queue that can't be read is told of, and shown again when it can. */
  @Test
  void shouldOutliveADirectoryThatIsGone() throws Exception {
    rig.drop("5_1", "{}");
    Path aside = directory.resolve("aside");
    Files.move(rig.spool.pending, aside);
    WorkerRig.await("it is told", () -> stateHas("QueueUnreadable"));
    assertThat(get("/metrics").body()).contains("gyre_queue_sample_error 1\n");
    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    assertThat(get("/api/entries?place=pending").statusCode()).isEqualTo(503);
    assertThat(get("/healthz").statusCode()).isEqualTo(200);
    Files.move(aside, rig.spool.pending);
    WorkerRig.await("it is well again", () -> stateHas("\"error\":\"\""));
    assertThat(entries("place=pending")).hasSize(1);
  }

  private boolean stateHas(String... texts) {
    return has("/api/state", texts);
  }

  /** Whether one answer has all of them. */
  private boolean has(String target, String... texts) {
    try {
      String body = get(target).body();
      return Stream.of(texts).allMatch(body::contains);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldTellWhyADiskRefuses() throws Exception {
    Assumptions.assumeFalse(System.getProperty("user.name").equals("root"), "root may do all");
    rig.drop(rig.spool.failed, "5_1", "{}".getBytes(StandardCharsets.UTF_8));
    Files.setPosixFilePermissions(rig.spool.failed, PosixFilePermissions.fromString("r-xr-xr-x"));
    try {
      HttpResponse<String> answer = post("/api/discard", "place", "failed", "file", "5_1");
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.body()).contains("EACCES");
    } finally {
      Files.setPosixFilePermissions(rig.spool.failed, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  /** A file where a directory should be refuses everybody, root too. */
  @Test
  void shouldTellWhyAnActionFails() throws Exception {
    rig.drop(rig.spool.failed, "5_1", "{}".getBytes(StandardCharsets.UTF_8));
    Files.delete(rig.spool.pending);
    Files.writeString(rig.spool.pending, "");
    HttpResponse<String> answer = post("/api/retry", "place", "failed", "file", "5_1");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
    assertThat(answer.body()).contains("retry ").contains("5_1");
    assertThat(rig.spool.failed.resolve("5_1")).exists();
  }
}
