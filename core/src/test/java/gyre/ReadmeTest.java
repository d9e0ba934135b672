package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Holds the README to its word: its program compiles as printed, and serves. */
class ReadmeTest {
  private static final Pattern PROGRAM = Pattern.compile("(?ms)^```java\n(.*?)^```$");
  private static final String PORT = "7000";

  @TempDir private Path directory;

  @BeforeAll
  static void needTheApi() {
    boolean isThere = ReadmeTest.class.getResource("/gyre/net/TcpListener.class") != null;
    assumeTrue(isThere, "the program's API is not there yet");
  }

  @Test
  void shouldPrintAProgramThatCompiles() throws IOException {
    Path source = Files.writeString(directory.resolve("Echo.java"), program());
    StringWriter complaints = new StringWriter();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    boolean isCompiled =
        compiler
            .getTask(
                complaints,
                null,
                null,
                List.of("-d", directory.toString(), "-cp", classPath(), "-Xlint:all", "-Werror"),
                null,
                compiler.getStandardFileManager(null, null, null).getJavaFileObjects(source))
            .call();
    assertThat(isCompiled).as(complaints.toString()).isTrue();
  }

  @Test
  @Timeout(60)
  void shouldPrintAProgramThatServes() throws Exception {
    int port = FreePort.next(); // the program as printed names its port
    String program = program();
    assertThat(program).contains(PORT);
    Path source =
        Files.writeString(
            directory.resolve("Echo.java"), program.replace(PORT, Integer.toString(port)));
    Path log = directory.resolve("log");
    Process server =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-ea",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                source.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try (Socket client = connect(port, server, log)) {
      byte[] said = "Turning and turning".getBytes(StandardCharsets.UTF_8);
      client.getOutputStream().write(said);
      assertThat(client.getInputStream().readNBytes(said.length)).isEqualTo(said);
      assertThat(log).isEmptyFile();
    } finally {
      server.destroyForcibly();
    }
  }

  private static String program() throws IOException {
    Path readme = Path.of(System.getProperty("basedir", "."), "..", "README.md");
    Matcher matcher = PROGRAM.matcher(Files.readString(readme));
    assertThat(matcher.find()).as("README.md prints a program").isTrue();
    return matcher.group(1);
  }

  private static String classPath() {
    return System.getProperty("java.class.path");
  }

  /** Tries until the server listens: it prints nothing that could be waited for. */
  private static Socket connect(int port, Process server, Path log)
      throws IOException, InterruptedException {
    while (true) {
      try {
        return new Socket(InetAddress.getLoopbackAddress(), port);
      } catch (ConnectException e) {
        boolean hasEnded = server.waitFor(20, TimeUnit.MILLISECONDS);
        assertThat(hasEnded).as("ended, saying: %s", Files.readString(log)).isFalse();
      }
    }
  }
}
