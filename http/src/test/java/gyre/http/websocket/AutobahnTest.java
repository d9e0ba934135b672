package gyre.http.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import gyre.LoopGroup;
import gyre.Loops;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The quickest of Autobahn's cases against our server, where {@code http/judges/autobahn} has
 * fetched the suite: it runs all of them, against our client too.
 */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class AutobahnTest {
  private static final Path REPOSITORY =
      Path.of(System.getProperty("user.home"), ".m2", "repository");
  private static final Path SUITE =
      REPOSITORY.resolve(
          "me/normanmaurer/maven/autobahntestsuite/autobahntestsuite-maven-plugin/0.1.5/"
              + "autobahntestsuite-maven-plugin-0.1.5.jar");
  private static final Path JYTHON =
      REPOSITORY.resolve("org/python/jython-standalone/2.7.1/jython-standalone-2.7.1.jar");

  private static final Pattern VERDICT =
      Pattern.compile("\"([0-9.]+)\":\\s*\\{[^}]*\"behavior\":\\s*\"([A-Z -]+)\"");

  private static final String CASES =
      "\"1.1.*\", \"2.*\", \"3.*\", \"4.1.*\", \"5.1\", \"5.3\", \"5.6\", \"5.9\", \"5.18\", \"7.3.*\"";

  @TempDir private Path directory;

  @Test
  void shouldPassTheQuickCases() throws Exception {
    assumeThat(System.getenv("GYRE_JUDGES")).as("it takes a minute").isEqualTo("required");
    assumeThat(SUITE).as("fetched by http/judges/autobahn").exists();
    assumeThat(JYTHON).exists();
    try (LoopGroup group = LoopGroup.open(1, Loops.options("auto"));
        HttpServer server =
            HttpServer.onRequest(
                group,
                WebSocketTest.ANY_PORT,
                HttpOptions.defaults(),
                WebSocketTest.pushEcho(JudgedPrograms.OPTIONS))) {
      runSuite(server.address().getPort());
    }
    List<String> failed = new ArrayList<>();
    int cases = 0;
    Matcher verdicts = VERDICT.matcher(Files.readString(directory.resolve("index.json")));
    while (verdicts.find()) {
      cases++;
      String verdict = verdicts.group(2);
      if (!verdict.equals("OK") && !verdict.equals("INFORMATIONAL")) {
        failed.add(verdicts.group(1) + " " + verdict);
      }
    }
    assertThat(failed).isEmpty();
    assertThat(cases).isGreaterThan(40);
  }

  private void runSuite(int port) throws IOException, InterruptedException {
    Path spec =
        Files.writeString(
            directory.resolve("spec.json"),
            """
            {"options": {"failByDrop": false}, "outdir": "%s", "cases": [%s],
             "servers": [{"agent": "gyre", "url": "ws://127.0.0.1:%d", "options": {"version": 18}}],
             "exclude-cases": [], "exclude-agent-cases": {}}
            """
                .formatted(directory, CASES, port));
    Process suite =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                JYTHON.toString(),
                "org.python.util.jython",
                "-c",
                """
                import sys
                sys.path.insert(0, '%s')
                sys.argv = ['wstest', '-m', 'fuzzingclient', '-s', '%s']
                from autobahntestsuite import wstest
                wstest.run()
                """
                    .formatted(SUITE, spec))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    try {
      assertThat(suite.waitFor(580, TimeUnit.SECONDS)).as("it ends").isTrue();
    } finally {
      suite.destroyForcibly().waitFor();
    }
    assertThat(suite.exitValue()).as(Files.readString(directory.resolve("log"))).isZero();
  }
}
