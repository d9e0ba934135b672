package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The dashboard as the command has it: beside a worker, alone, and in the demo. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 90, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class QueueDashboardTest {
  private static final String TOKEN = "a-token-of-this-test";

  @TempDir Path directory;
  private @Nullable Process process;
  private @Nullable BufferedReader said;

  private void start(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens",
                "java.base/java.lang=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "queue"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("GYRE_DASHBOARD_TOKEN", "");
    Process started = builder.start();
    process = started;
    said = started.inputReader(StandardCharsets.UTF_8);
  }

  /** The rest of the line that begins so. */
  private String line(String begin) throws IOException {
    StringBuilder all = new StringBuilder();
    for (String each = Objects.requireNonNull(said).readLine(); each != null; ) {
      if (each.startsWith(begin)) {
        return each.substring(begin.length()).strip();
      }
      all.append(each).append('\n');
      each = Objects.requireNonNull(said).readLine();
    }
    throw new AssertionError("no line with " + begin + ": " + all);
  }

  private static int status(URI uri, String token) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
    connection.setReadTimeout(20_000);
    if (!token.isEmpty()) {
      connection.setRequestProperty("Authorization", "Bearer " + token);
    }
    return connection.getResponseCode();
  }

  private int endBySignal() throws InterruptedException {
    assertThat(Objects.requireNonNull(process).toHandle().destroy()).isTrue();
    return Objects.requireNonNull(process).waitFor();
  }

  @AfterEach
  void kill() {
    if (process != null) {
      Process ignored = process.destroyForcibly();
    }
  }

  @Test
  void shouldShowADemoAndLeaveNothing() throws Exception {
    start("demo", "127.0.0.1:0");
    Path folder = Path.of(line("queue "));
    URI link = URI.create(line("dashboard "));
    assertThat(status(link, "")).isEqualTo(200);
    assertThat(status(link.resolve("/api/state"), "")).isEqualTo(200);
    assertThat(folder).isDirectory();
    assertThat(endBySignal()).isZero();
    assertThat(folder).doesNotExist();
  }

  @Test
  void shouldShowAWorkerAndAskForTheToken() throws Exception {
    Path token = Files.writeString(directory.resolve("token"), TOKEN + "\n");
    start(
        "work",
        "--dir",
        directory.resolve("q").toString(),
        "--dashboard",
        "0.0.0.0:0",
        "--dashboard-token-file",
        token.toString());
    String link = line("dashboard ");
    assertThat(link).endsWith("/#token=" + TOKEN);
    int port = URI.create(link).getPort();
    URI state = URI.create("http://127.0.0.1:" + port + "/api/state");
    assertThat(status(state, "")).isEqualTo(401);
    assertThat(status(state, TOKEN)).isEqualTo(200);
    assertThat(endBySignal()).isIn(0, 143); // it may be at its start
  }

  @Test
  void shouldShowAQueueWithoutAWorker() throws Exception {
    assertThat(run("enqueue", "--dir", directory.toString(), "SELECT 1")).isZero();
    start("dashboard", "127.0.0.1:0", "--dir", directory.toString());
    URI link = URI.create(line("dashboard "));
    assertThat(status(link.resolve("/metrics"), "")).isEqualTo(200);
    assertThat(status(link.resolve("/readyz"), "")).isEqualTo(503);
    int ignored = endBySignal();
  }

  // ---- what is wrong

  private String err = "";

  private int run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("queue"));
    all.addAll(List.of(arguments));
    StringWriter errors = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(new StringWriter(), true));
    line.setErr(new PrintWriter(errors, true));
    int code = line.execute(all.toArray(String[]::new));
    err = errors.toString();
    return code;
  }

  @Test
  void shouldSayWhatIsWrong() throws IOException {
    String queue = directory.toString();
    assertThat(run("dashboard", "--dir", queue + "/nothing", "127.0.0.1:0")).isEqualTo(1);
    assertThat(err).contains("there is none; enqueue something, or start a worker");
    assertThat(run("dashboard", "nonsense")).isEqualTo(2);
    assertThat(err).contains("is not HOST:PORT");
    assertThat(run("work", "--dir", queue, "--dashboard", "nonsense")).isEqualTo(2);
    assertThat(run("demo", "--rate", "0")).isEqualTo(2);
    assertThat(err).contains("--rate: 0 is not from 1 to 1000");
    Path shortToken = Files.writeString(directory.resolve("token"), "short\n");
    assertThat(run("demo", "127.0.0.1:0", "--dashboard-token-file", shortToken.toString()))
        .isEqualTo(2);
    assertThat(err).contains("16 to 256 characters").doesNotContain("short\n");
    assertThat(run("demo", "127.0.0.1:0", "--dashboard-token-file", queue + "/none")).isEqualTo(2);
    assertThat(err).contains("can't read");
    assertThat(run("demo", "127.0.0.1:0", "--dashboard-host", "a b")).isEqualTo(2);
    assertThat(run("dashboard", "--dir", queue, "no.such.host.invalid:7080")).isEqualTo(2);
    assertThat(err).contains("is not known");
  }
}
