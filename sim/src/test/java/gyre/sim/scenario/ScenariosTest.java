package gyre.sim.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import gyre.sim.Outcome;
import gyre.sim.WorldEngine;
import gyre.sim.hunt.Hunt;
import gyre.sim.hunt.HuntOptions;
import gyre.sim.hunt.HuntReport;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The budget of seeds of an ordinary build: each scenario with seeds of the commit's own, and all
 * that have ever found something.
 *
 * <p>{@code ./gyre test} says the number of the commit. Bounded in time too, for slow machines and
 * slow seeds; long hunts are {@code ./gyre sim}.
 */
class ScenariosTest {
  private static final long COMMIT = Long.getLong("gyre.sim.commit", 1);
  private static final long SEEDS = Long.getLong("gyre.sim.seeds", 300);
  private static final Duration LONGEST = Duration.ofSeconds(40);
  private static final Duration LONGEST_AGAIN = Duration.ofSeconds(20);
  private static final Duration LONGEST_TWICE = Duration.ofSeconds(20);

  /** Far enough from those of the next commit that the two do not overlap. */
  private static long firstSeed() {
    return COMMIT * 100_000;
  }

  private static Scenario named(String name) {
    return Stream.of(WorldEngine.values())
        .flatMap(engine -> Scenarios.on(engine).stream())
        .filter(scenario -> scenario.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no scenario is called " + name));
  }

  /** Each scenario has the same part of it. */
  private static Duration share(Duration time) {
    return time.dividedBy(Math.max(1, Scenarios.all().size()));
  }

  private static String assertPasses(HuntOptions options) {
    StringWriter text = new StringWriter();
    boolean passed = HuntReport.on(new PrintWriter(text, true), false).hunt(Hunt.of(options));
    assertThat(passed).as(text.toString()).isTrue();
    return text.toString();
  }

  @TestFactory
  Stream<DynamicTest> shouldPassWithSeedsOfThisCommit() {
    return Scenarios.all().stream()
        .map(scenario ->
            dynamicTest(
                scenario.name(),
                () ->
                    assertPasses(
                        HuntOptions.of(List.of(scenario), SEEDS)
                            .from(firstSeed())
                            .time(share(LONGEST)))));
  }

  @TestFactory
  Stream<DynamicTest> shouldNotFailAgain() throws IOException {
    return regressions()
        .map(line -> {
          String[] words = line.split("#", 2)[0].strip().split("\\s+");
          assertThat(words).as(line).hasSize(2);
          return dynamicTest(
              words[0] + " " + words[1],
              () ->
                  assertThat(
                          assertPasses(
                              HuntOptions.of(List.of(named(words[0])), 1)
                                  .from(Long.parseLong(words[1]))
                                  .time(LONGEST_AGAIN)
                                  .jobs(1)))
                      .startsWith("no failure in 1 runs of"));
        });
  }

  private static Stream<String> regressions() throws IOException {
    try (InputStream file =
        Objects.requireNonNull(ScenariosTest.class.getResourceAsStream("/regressions.txt"))) {
      String text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
      return text.lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"));
    }
  }

  /** What a hunt prints of a seed must be true of any run of it. */
  @TestFactory
  Stream<DynamicTest> shouldRunTheSameWayTwice() {
    return Scenarios.all().stream()
        .map(scenario ->
            dynamicTest(
                scenario.name(),
                () -> {
                  long begunNanos = System.nanoTime();
                  long longestNanos = share(LONGEST_TWICE).toNanos();
                  for (long seed = firstSeed(); seed < firstSeed() + 5; seed++) {
                    if (System.nanoTime() - begunNanos > longestNanos) {
                      return;
                    }
                    Outcome outcome = scenario.simulation(seed).check();
                    assertThat(outcome.seed()).isEqualTo(seed);
                  }
                }));
  }

  @Test
  void shouldHaveNamesForACommandLine() {
    assertThat(Scenarios.all())
        .extracting(Scenario::name)
        .doesNotHaveDuplicates()
        .allMatch(name -> name.matches("[a-z][a-z0-9-]*"));
    assertThat(Scenarios.all()).extracting(Scenario::description).noneMatch(String::isBlank);
  }
}
