package gyre.sim.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A seed is a run, whatever machine it is on: other JVMs, with another heap, another collector, and
 * without compiled code or assertions, come to the hashes of this one.
 */
@Timeout(600)
class FreshJvmTest {
  private static final long LONGEST_SECONDS = 300;
  private static final long FIRST = 1;
  private static final long MOST = 4;

  /** Those of this JVM, which are the same for all tests. */
  private static final Map<String, String> HERE = Hashes.of(FIRST, MOST, allNames());

  @TempDir Path directory;

  private static List<String> allNames() {
    return Scenarios.all().stream().map(Scenario::name).toList();
  }

  private static Map<String, String> here(long seeds, List<String> names) {
    Map<String, String> chosen = new TreeMap<>();
    for (String name : names) {
      for (long seed = FIRST; seed < FIRST + seeds; seed++) {
        String run = name + " " + seed;
        chosen.put(run, Objects.requireNonNull(HERE.get(run), run));
      }
    }
    return chosen;
  }

  /** Runs {@link Hashes} in a JVM of its own, which is over when this returns. */
  private Map<String, String> elsewhere(long seeds, List<String> names, String... options)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    if (!command.contains(DENY)) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Hashes.class.getName());
    command.add(Long.toString(FIRST));
    command.add(Long.toString(seeds));
    command.addAll(names);
    Path output = Files.createTempFile(directory, "hashes", ".txt");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean isOver = false;
    try {
      isOver = process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS);
    } finally {
      process.destroyForcibly();
    }
    String text = Files.readString(output);
    assertThat(isOver).as("still running: %s", text).isTrue();
    assertThat(process.exitValue()).as(text).isZero();
    return parse(text);
  }

  private static Map<String, String> parse(String text) {
    Map<String, String> hashes = new TreeMap<>();
    text.lines()
        .filter(line -> line.startsWith(Hashes.MARK))
        .map(line -> line.substring(Hashes.MARK.length()).split("=", 2))
        .forEach(pair -> hashes.put(pair[0], pair[1]));
    return hashes;
  }

  private static final String OPEN = "--add-opens=java.base/java.lang=ALL-UNNAMED";
  private static final String FIRST_COMPILER = "-XX:TieredStopAtLevel=1";
  private static final String DENY = "--illegal-native-access=deny";

  @Test
  void shouldComeToTheSameWithASmallHeap() throws Exception {
    assertThat(elsewhere(2, allNames(), OPEN, "-Xmx128m", "-XX:+UseSerialGC", FIRST_COMPILER))
        .isEqualTo(here(2, allNames()));
  }

  @Test
  void shouldComeToTheSameWithALargeHeapAndAssertions() throws Exception {
    assertThat(elsewhere(2, allNames(), OPEN, "-ea", "-Xmx512m", "-XX:+UseParallelGC"))
        .isEqualTo(here(2, allNames()));
  }

  @Test
  void shouldComeToTheSameWithoutCompiledCode() throws Exception {
    List<String> few = List.of("half-close", "scopes", "connect");

    assertThat(elsewhere(1, few, OPEN, "-Xint", "-Xmx128m", "-XX:+UseG1GC"))
        .isEqualTo(here(1, few));
  }

  @Test
  void shouldComeToTheSameWhereNativeAccessIsDenied() throws Exception {
    List<String> few = List.of("half-close", "scopes", "connect");

    assertThat(elsewhere(2, few, OPEN, DENY, "-ea")).isEqualTo(here(2, few));
  }

  /** Or else equal hashes would mean nothing. */
  @Test
  void shouldComeToSomethingElseWithAnotherSeed() {
    assertThat(HERE).hasSize((int) MOST * Scenarios.all().size());
    assertThat(HERE.values()).doesNotHaveDuplicates();
  }
}
