package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code gyre serve} in a process of its own, as an init system ends it. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ServeSignalTest {
  private static final Pattern LINE = Pattern.compile("listening on 127\\.0\\.0\\.1:([0-9]+), .*");

  private static final int PIECE_BYTES = 64 * 1024;
  private static final int PIECES = 1024;
  private static final int STILL_LOOKS = 25;
  private static final long LOOK_NANOS = 20_000_000;

  /** On a machine that is busy it would tell of stalls, amid what is expected here. */
  static final String NO_WATCHDOG = "-Dgyre.insight=false";

  private static final String DENY = "--illegal-native-access=deny";

  private @Nullable Process process;
  private @Nullable BufferedReader said;

  /** Starts it, and tells its port. */
  private int serve(String engine) throws IOException {
    String line = start("--enable-native-access=ALL-UNNAMED", engine);
    Matcher matcher = LINE.matcher(line);
    assertThat(matcher.matches()).as(line).isTrue();
    return Integer.parseInt(matcher.group(1));
  }

  /** Starts it in a JVM that allows or denies native access; the first line that it says. */
  private String start(String nativeAccess, String engine) throws IOException {
    Process started =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                nativeAccess,
                NO_WATCHDOG,
                "--add-opens",
                "java.base/java.lang=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve",
                "--engine",
                engine,
                "--listen",
                "127.0.0.1:0")
            .redirectErrorStream(true)
            .start();
    process = started;
    said = started.inputReader(StandardCharsets.UTF_8);
    return Objects.requireNonNull(said.readLine());
  }

  private void terminate() {
    // SIGTERM; that of the process itself would also close what we read its output from.
    assertThat(Objects.requireNonNull(process).toHandle().destroy()).isTrue();
  }

  private int exitCode() throws InterruptedException {
    return Objects.requireNonNull(process).waitFor();
  }

  /** All that it says until it ends. */
  private String rest() {
    return Objects.requireNonNull(said).lines().collect(Collectors.joining("\n"));
  }

  @AfterEach
  void kill() {
    if (process != null) {
      Process ignored = process.destroyForcibly();
    }
  }

  private static Socket connect(int port) throws IOException {
    return new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
  }

  private static void exchange(Socket client, byte[] bytes) throws IOException {
    client.getOutputStream().write(bytes);
    assertThat(client.getInputStream().readNBytes(bytes.length)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "epoll", "nio"})
  void shouldAnswerWhatWasSentBeforeTheSignalAndEndInOrder(String engine) throws Exception {
    int port = serve(engine);
    byte[] bytes = new byte[64 * 1024];
    new Random(29).nextBytes(bytes);
    try (Socket idle = connect(port);
        Socket client = connect(port)) {
      exchange(idle, new byte[] {1});
      exchange(client, new byte[] {2});
      client.getOutputStream().write(bytes);
      terminate();
      assertThat(client.getInputStream().readAllBytes()).isEqualTo(bytes);
      assertThat(idle.getInputStream().read()).isEqualTo(-1);
    }
    assertThat(exitCode()).isZero();
    assertThat(rest()).isNotEmpty().doesNotContain("fail");
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "epoll", "nio"})
  void shouldEndAtTheSecondSignalThoughAClientIsBusy(String engine) throws Exception {
    int port = serve(engine);
    try (Socket client = connect(port)) {
      exchange(client, new byte[] {1});
      // More than the kernel holds on the way back, and nobody reads it.
      AtomicLong written = new AtomicLong();
      Thread sender =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                byte[] bytes = new byte[PIECE_BYTES];
                try {
                  for (int i = 0; i < PIECES; i++) {
                    client.getOutputStream().write(bytes);
                    written.addAndGet(PIECE_BYTES);
                  }
                } catch (IOException e) {
                  // The server has ended.
                }
              });
      awaitStillness(written); // before that the server may have answered all that has come
      assertThat(written.get()).isLessThan((long) PIECES * PIECE_BYTES);
      terminate();
      awaitRefusal(port);
      terminate();
      assertThat(exitCode()).as("128 and the number of TERM").isEqualTo(143);
      assertThat(sender.join(Duration.ofSeconds(30))).isTrue();
    }
    assertThat(rest()).contains("loop-0: ");
  }

  @Test
  void shouldServeAndSayWhyByNioWhereNativeAccessIsDenied() throws Exception {
    String line = start(DENY, "auto");
    assertThat(line)
        .contains("native access is denied, allow it by java --enable-native-access=ALL-UNNAMED")
        .contains("→ nio");
    Matcher matcher = LINE.matcher(line);
    assertThat(matcher.matches()).as(line).isTrue();
    try (Socket client = connect(Integer.parseInt(matcher.group(1)))) {
      exchange(client, new byte[100_000]);
      terminate();
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
    assertThat(exitCode()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldEndAndSayWhyWhereTheEngineAskedForIsDenied(String engine) throws Exception {
    assertThat(start(DENY, engine))
        .startsWith("gyre serve: engine " + engine + " was asked for, but native access is denied")
        .contains("--enable-native-access=ALL-UNNAMED");
    assertThat(exitCode()).isEqualTo(1);
  }

  /** Returns when it has not grown for long, having grown. */
  private static void awaitStillness(AtomicLong written) {
    long last = 0;
    for (int looks = 0; looks < STILL_LOOKS; looks++) {
      LockSupport.parkNanos(LOOK_NANOS);
      long now = written.get();
      if (now != last || now == 0) {
        looks = 0;
        last = now;
      }
    }
  }

  private static void awaitRefusal(int port) throws IOException {
    while (true) {
      try (Socket late = connect(port)) {
        assertThat(late.isConnected()).isTrue();
      } catch (SocketException refused) {
        // A refusal, or a reset where the listener closed while the kernel had the connection.
        return;
      }
    }
  }
}
