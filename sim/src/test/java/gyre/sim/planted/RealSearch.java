package gyre.sim.planted;

import gyre.sim.real.Torture;
import gyre.sim.real.TortureOptions;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Torture on the real kernel, called from the outside of a {@link ChangedCopy}. */
public final class RealSearch implements BiFunction<String, long[], @Nullable String> {
  /** For the loader. */
  public RealSearch() {}

  /**
   * Runs programs until one fails.
   *
   * @param range the first seed, how many, for how many milliseconds, and the hang limit in them
   * @return null if all pass, else the report
   */
  @Override
  public @Nullable String apply(String engine, long[] range) {
    StringWriter text = new StringWriter();
    TortureOptions options =
        TortureOptions.of(List.of(engine), range[1])
            .from(range[0])
            .time(Duration.ofMillis(range[2]))
            .hangLimit(Duration.ofMillis(range[3]))
            .shrinkTime(Duration.ZERO);
    return Torture.of(options, new PrintWriter(text, true)).hunt() ? null : text.toString();
  }
}
