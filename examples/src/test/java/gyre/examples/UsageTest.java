package gyre.examples;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.process.CommandResult;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the examples say to arguments that are too few or too many. */
@Timeout(120)
class UsageTest {
  @ParameterizedTest
  @ValueSource(
      classes = {
        ChatWeb.class,
        Clock.class,
        Follow.class,
        Hello.class,
        Mirror.class,
        Rebuild.class,
        Redis.class,
        Run.class,
        Upload.class
      })
  void shouldSayHowTheyAreUsed(Class<?> main) {
    String[] wrong = main == Clock.class ? new String[] {"what"} : new String[0];
    CommandResult result;
    try (Loop loop = Loop.open()) {
      result = loop.run(() -> Program.of(main, "auto", wrong).run());
    }
    assertThat(result.exit().code()).isEqualTo(2);
    assertThat(result.output()).isEmpty();
    assertThat(new String(result.stderr(), StandardCharsets.UTF_8))
        .startsWith("usage: " + main.getSimpleName().toLowerCase(Locale.ROOT));
  }
}
