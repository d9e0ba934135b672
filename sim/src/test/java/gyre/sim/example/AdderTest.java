package gyre.sim.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import gyre.sim.Simulation;
import gyre.sim.junit.SeedFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;

/** Holds docs/simulation.md to its word. */
@Timeout(60)
class AdderTest {
  private static final Path ROOT = Path.of(System.getProperty("basedir", "."), "..");
  private static final Path HERE = Path.of("sim", "src", "test", "java", "gyre", "sim", "example");
  private static final Pattern EXAMPLE = Pattern.compile("(?ms)^```java\n(.*?)^```$");
  private static final Pattern SEED = Pattern.compile("-Dgyre.sim.seed=([0-9]+)");

  private static Throwable failure() {
    return EngineTestKit.engine("junit-jupiter")
        .selectors(selectMethod(AdderExample.class, "shouldAdd", Simulation.class))
        .execute()
        .testEvents()
        .failed()
        .stream()
        .map(event -> event.getRequiredPayload(TestExecutionResult.class))
        .map(result -> result.getThrowable().orElseThrow())
        .findFirst()
        .orElseThrow(() -> new AssertionError("the example passes"));
  }

  @Test
  void shouldFindTheBugAndSayHowToHaveItAgain() {
    Throwable failure = failure();

    assertThat(failure)
        .isInstanceOf(SeedFailure.class)
        .hasMessageContaining("replay:  -Dtest=AdderExample#shouldAdd -Dgyre.sim.seed=")
        .hasMessageContaining("SHORT_SEND")
        .hasMessageContaining("java.nio.BufferUnderflowException");
    Matcher seed = SEED.matcher(failure.getMessage());
    assertThat(seed.find()).isTrue();
    Simulation same = Simulation.seed(Long.parseLong(seed.group(1)));
    assertThatThrownBy(() -> new AdderExample().shouldAdd(same)).isInstanceOf(AssertionError.class);
    assertThatCode(() -> new AdderExample().shouldAdd(same.withoutFaults()))
        .doesNotThrowAnyException();
  }

  @Test
  void shouldPrintTheProgramAndTheTestAsTheyAre() throws IOException {
    String program = Files.readString(ROOT.resolve(HERE).resolve("Adder.java"));
    String test = Files.readString(ROOT.resolve(HERE).resolve("AdderExample.java"));
    String code = squeezed(program + test);
    Matcher example = EXAMPLE.matcher(Files.readString(ROOT.resolve("docs/simulation.md")));
    int found = 0;
    while (example.find()) {
      found++;
      assertThat(code).as("docs/simulation.md").contains(squeezed(example.group(1)));
    }
    assertThat(found).isEqualTo(2);
  }

  /** Without what a formatter may change. */
  private static String squeezed(String code) {
    return code.replaceAll("\\s+", "");
  }
}
