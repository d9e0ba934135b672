package gyre.lab.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TimerPassesTest {
  /** Whose n-th pass takes n, 10 n and 100 n nanoseconds. */
  private static final class Counting implements TimerPasses.Work {
    private int passes;

    @Override
    public TimerPasses.Times pass() {
      passes++;
      return new TimerPasses.Times(passes, 10L * passes, 100L * passes);
    }

    @Override
    public long fireNanos() {
      return 7;
    }

    @Override
    public int errors() {
      return 2;
    }
  }

  @Test
  void shouldAddAllPassesButTheFirst() throws Exception {
    Options options = Options.parse(List.of("--alive", "5", "--ops", "20", "--passes", "3"));
    Figures figures = new Figures();
    new TimerPasses(options, (_, _) -> new Counting()).run(figures);
    assertThat(figures.toString())
        .contains(
            "\"ops\": 60",
            "\"startNanos\": 9",
            "\"restartNanos\": 90",
            "\"cancelNanos\": 900",
            "\"fires\": 20",
            "\"fireNanos\": 7",
            "\"errors\": 2");
  }
}
