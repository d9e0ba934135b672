package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.balancer.choice.Algorithm;
import gyre.tls.SelfSigned;
import gyre.tls.TlsIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Everything in docs/balancer.md that can be run, and whether it tells of all there is. */
final class GuideTest {
  private static final Pattern BLOCK = Pattern.compile("```toml\n(.*?)```", Pattern.DOTALL);

  @TempDir private static Path directory;

  private static String guide;

  @BeforeAll
  static void read() throws IOException {
    Path here = Path.of("").toAbsolutePath();
    Path root = Files.exists(here.resolve("docs")) ? here : here.resolve("..");
    guide = Files.readString(root.resolve("docs/balancer.md"));
    TlsIdentity identity = SelfSigned.server("example.org");
    Files.writeString(directory.resolve("cert.pem"), identity.certificatesPem());
    Files.writeString(directory.resolve("key.pem"), identity.keyPem());
  }

  private static List<String> blocks() {
    List<String> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(guide);
    while (matcher.find()) {
      blocks.add(matcher.group(1));
    }
    return blocks;
  }

  @Test
  void shouldHaveExamplesThatAreRight() {
    assertThat(blocks()).hasSizeGreaterThan(8);
    for (String each : blocks()) {
      BalancerConfig config = BalancerFile.parse(directory.resolve("balance.toml"), each);
      assertThat(config.listens()).isNotEmpty();
    }
  }

  /** The keys are those that the reader itself names when it meets one that it doesn't know. */
  @ParameterizedTest
  @CsvSource({
    "[balancer]",
    "[listen.a]",
    "[pool.a]",
    "[pool.a.target.a]",
    "[pool.a.health]",
    "[pool.a.outlier]",
    "[standby]"
  })
  void shouldTellOfEachKey(String section) {
    String message = "";
    try {
      String rest = section.equals("[pool.a]") ? "" : "[pool.a]\ntargets=[\"10.0.0.1:1\"]\n";
      String listen =
          section.equals("[listen.a]") ? "" : "[listen.a]\naddress=\":1\"\npool=\"a\"\n";
      BalancerFile.parse(Path.of("x"), rest + listen + section + "\nnonsense = 1\n");
    } catch (BalancerFileException e) {
      message = String.valueOf(e.getMessage());
    }
    assertThat(message).contains("nonsense is not known; known are: ");
    String examples = String.join("\n", blocks());
    for (String key : message.substring(message.indexOf("are: ") + 5).split(", ", -1)) {
      Pattern used = Pattern.compile("(?m)^" + key + " = |\\." + key + "[\\].]");
      assertThat(used.matcher(examples).find() || guide.contains("`" + key + " = "))
          .as("an example of " + key)
          .isTrue();
    }
  }

  @Test
  void shouldTellOfEachAlgorithmAndEnd() {
    for (Algorithm each : Algorithm.values()) {
      assertThat(guide).contains("| `" + each.label() + "`");
    }
    for (Relay.End each : Relay.End.values()) {
      assertThat(guide).contains("`" + each.label() + "`");
    }
  }
}
