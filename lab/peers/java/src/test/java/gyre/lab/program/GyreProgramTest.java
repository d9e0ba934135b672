package gyre.lab.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Gyre's own program drives by itself: a race that can't run it is no race. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GyreProgramTest {
  private static String figures(Round round) throws Exception {
    Figures figures = new Figures();
    round.run(figures);
    return figures.toString();
  }

  @Test
  void shouldPassBytesThroughPairs() throws Exception {
    Options options =
        Options.parse(
            List.of("--pairs", "10", "--active", "1", "--writes", "10", "--round-ms", "1"));
    assertThat(figures(GyreProgram.push().events(options))).contains("\"errors\": 0");
  }

  @Test
  void shouldLetAByteFallThroughPairs() throws Exception {
    Options options = Options.parse(List.of("--pairs", "10", "--round-ms", "1"));
    assertThat(figures(GyreProgram.push().cascade(options))).contains("\"errors\": 0");
  }
}
