package gyre.lab.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.lab.OverloadOptions;
import gyre.lab.overload.Overload;
import gyre.lab.overload.OverloadResult;
import gyre.lab.overload.Promise;
import gyre.lab.race.PeerFailure;
import gyre.lab.result.Entry.Status;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A small overload, on a loop with little memory. */
@Timeout(120)
class OverloadTest {
  private static final int GREEDY = 150;
  private static final int SLOW = 40;
  private static final int RESETTING = 20;
  private static final int POOL_BYTES = 6 << 20;

  private static OverloadOptions options(String engine) {
    return new OverloadOptions(
        List.of(engine),
        GREEDY,
        SLOW,
        RESETTING,
        Duration.ofSeconds(2),
        Duration.ofSeconds(30),
        POOL_BYTES,
        false);
  }

  /** Short attacks of few: what is left behind is counted, not what is kept up. */
  private static final OverloadOptions LEAKS =
      new OverloadOptions(
          List.of("nio"), 20, 0, 0, Duration.ofMillis(300), Duration.ofSeconds(30), 0, true);

  /**
   * Sends a part of a frame on twenty connections, and leaves: in place of a JVM for each attack.
   */
  private static final String GREEDY_CLIENT =
      """
      while [ "$1" != --port ]; do shift; done
      echo attack
      for ((i = 0; i < 20; i++)); do
        exec {peer}<>"/dev/tcp/127.0.0.1/$2" || exit 1
        printf '\\0\\0\\1\\0\\0\\0\\1\\0 and no more' >&$peer
        peers+=($peer)
      done
      echo done
      read -r leave
      for peer in "${peers[@]}"; do exec {peer}>&-; done
      echo left
      cat >/dev/null
      echo '{"smallServed": 1, "largeServed": 1}'
      """;

  private static List<String> command(String program, String... more) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "gyre.lab.program.Main",
                program,
                "overload"));
    command.addAll(List.of(more));
    return command;
  }

  private static OverloadResult run(String serverProgram, String engine) throws PeerFailure {
    PrintStream silence =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    try {
      return new Overload(command(serverProgram), command("nio"), options(engine), silence)
          .run(engine);
    } catch (PeerFailure e) {
      assumeTrue(e.status() != Status.ABSENT, e.getMessage()); // no io_uring here
      throw e;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll", "nio"})
  void shouldKeepItsPromisesTowardsAnHonestClient(String engine) throws PeerFailure {
    OverloadResult result = run("gyre-direct", engine);
    assertThat(result.promises(options(engine))).allMatch(Promise::isKept);
    assertThat(result.engine()).startsWith(engine);
    // That it was an overload: all came, memory was scarce, and more was wanted than there was.
    assertThat(result.clients().getInt("peersStarted")).isEqualTo(GREEDY + SLOW + RESETTING);
    int resets = result.clients().getInt("resets") + result.clients().getInt("resettingLost");
    assertThat(resets).isEqualTo(RESETTING);
    assertThat(result.before().getString("level")).isEqualTo("CALM");
    assertThat(result.during().getString("level")).isIn("TIGHT", "SHED");
    assertThat(result.during().getInt("waiting")).isPositive();
    assertThat(result.during().getInt("connections")).isGreaterThanOrEqualTo(GREEDY + SLOW);
    assertThat(result.after().getString("level")).isEqualTo("CALM");
    assertThat(result.after().getInt("waiting")).isZero();
    assertThat(result.log().getFirst().text()).contains("memory is tight");
    assertThat(result.log().getLast().text()).contains("calm again");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nothing", "streams"})
  void shouldFindWhatIsLeftOfPeersThatAreGone(String leak) throws PeerFailure {
    PrintStream silence =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    OverloadResult result =
        new Overload(
                command("gyre-direct", "--leak", leak),
                List.of("bash", "-c", GREEDY_CLIENT, "client"),
                LEAKS,
                silence)
            .run("nio");
    List<String> broken =
        result.promises(LEAKS).stream()
            .filter(promise -> !promise.isKept())
            .map(Promise::toString)
            .toList();
    if (leak.equals("nothing")) {
      assertThat(broken).isEmpty();
    } else {
      assertThat(broken).singleElement().asString().contains("live gyre.net.TcpStream grew");
    }
  }

  @Test
  void shouldTellOfAServerThatCannotBeStarted() {
    assertThatThrownBy(() -> run("nobody", "epoll"))
        .isInstanceOf(PeerFailure.class)
        .hasMessageContaining("no peer 'nobody'");
  }
}
