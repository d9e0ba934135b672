package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.tls.SelfSigned;
import gyre.tls.TlsIdentity;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code gyre serve --tls CERT,KEY} in a process of its own, and new certificates for it. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ServeTlsSignalTest {
  private static final Pattern LINE = Pattern.compile("listening on 127\\.0\\.0\\.1:([0-9]+), .*");

  @TempDir private Path directory;
  private @Nullable Process process;

  @AfterEach
  void kill() {
    if (process != null) {
      Process ignored = process.destroyForcibly();
    }
  }

  private void write(String name) throws Exception {
    TlsIdentity made = SelfSigned.authority("Any").issueServer(name);
    Path key = Files.writeString(directory.resolve("key.pem"), made.keyPem());
    Path certificates = Files.writeString(directory.resolve("cert.pem"), made.certificatesPem());
    assertThat(List.of(key, certificates)).allMatch(Files::exists);
  }

  private BufferedReader start() throws Exception {
    Process started =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                ServeSignalTest.NO_WATCHDOG,
                "--add-opens",
                "java.base/java.lang=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve",
                "--files",
                directory.toString(),
                "--tls",
                directory.resolve("cert.pem") + "," + directory.resolve("key.pem"),
                "--listen",
                "127.0.0.1:0")
            .redirectErrorStream(true)
            .start();
    process = started;
    return started.inputReader(StandardCharsets.UTF_8);
  }

  /** Skips what is told of changes of the files, which may be seen one by one. */
  private static void awaitLine(BufferedReader said, String start) throws Exception {
    String line = Objects.requireNonNull(said.readLine());
    while (!line.startsWith(start)) {
      assertThat(line).matches("(reloaded|the certificates stay as they were): .*");
      line = Objects.requireNonNull(said.readLine());
    }
  }

  @Test
  void shouldReadCertificatesAgainOnHangUpAndEndOnTerminate() throws Exception {
    write("first.test");
    BufferedReader said = start();
    Matcher listening = LINE.matcher(Objects.requireNonNull(said.readLine()));
    assertThat(listening.matches()).isTrue();
    assertThat(said.readLine()).startsWith("TLS for first.test");
    assertThat(subject(listening.group(1))).contains("first.test");
    write("second.test"); // seen as a change too, sooner or later
    hangUpUntilTold(said);
    assertThat(subject(listening.group(1))).contains("second.test");
    Path ignored = Files.writeString(directory.resolve("key.pem"), "nonsense");
    signal("-HUP");
    awaitLine(said, "the certificates stay as they were: ");
    assertThat(subject(listening.group(1))).contains("second.test");
    signal("-TERM");
    assertThat(Objects.requireNonNull(process).waitFor()).isZero();
  }

  private void hangUpUntilTold(BufferedReader said) throws Exception {
    signal("-HUP");
    awaitLine(said, "reloaded: TLS for second.test");
  }

  private void signal(String which) throws Exception {
    String pid = String.valueOf(Objects.requireNonNull(process).pid());
    assertThat(new ProcessBuilder("kill", which, pid).start().waitFor()).isZero();
  }

  /** As openssl sees it. */
  private static String subject(String port) throws Exception {
    Process asking =
        new ProcessBuilder("openssl", "s_client", "-connect", "127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
            .start();
    String text = new String(asking.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int ignored = asking.waitFor();
    return text;
  }
}
