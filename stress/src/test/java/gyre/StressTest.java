package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;

/**
 * Runs jcstress in a process of its own and judges its results: the correct variants must show
 * nothing forbidden, and the broken ones must be caught, or else the test would prove nothing.
 */
class StressTest {
  private static final int LIMIT_SECONDS = 240;
  private static final Map<String, List<TestResult>> RESULTS = new TreeMap<>();

  @BeforeAll
  @Timeout(LIMIT_SECONDS + 20)
  static void run() throws IOException, InterruptedException, ClassNotFoundException {
    Path directory = Path.of(System.getProperty("gyre.stress.results", "target/jcstress"));
    Files.createDirectories(directory);
    try (Stream<Path> old = Files.list(directory)) {
      for (Path path : old.filter(StressTest::isResult).toList()) {
        Files.delete(path);
      }
    }
    Path console = directory.resolve("console.txt");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-cp");
    command.add(classPath());
    command.add("org.openjdk.jcstress.Main");
    command.addAll(List.of("-t", "gyre\\..*Stress.*", "-r", directory.toString()));
    command.addAll(List.of("-f", "1", "-fsm", "1", "-iters", "5", "-time", "150"));
    command.addAll(List.of("-sc", "false", "-af", "NONE", "-hs", "256"));
    command.addAll(List.of("-jvmArgs", "-XX:+UseSerialGC -ea"));
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(console.toFile())
            .start();
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> results = files.filter(StressTest::isResult).toList();
      assertThat(results).as("see %s", console).hasSize(1);
      InProcessCollector collector = new InProcessCollector();
      new DiskReadCollector(results.getFirst().toString(), collector).dump();
      for (TestResult result : collector.getTestResults()) {
        RESULTS.computeIfAbsent(result.getName(), name -> new ArrayList<>()).add(result);
      }
    }
  }

  private static boolean isResult(Path path) {
    return path.getFileName().toString().startsWith("jcstress-results-");
  }

  /** The real one, also where the class path of this process is only a manifest. */
  private static String classPath() {
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Stream.of(path.split(File.pathSeparator))
        .map(entry -> new File(entry).getAbsolutePath())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static void assertCorrect(Class<?> test) {
    List<TestResult> results = RESULTS.getOrDefault(test.getCanonicalName(), List.of());
    assertThat(results).as("runs of %s", test.getCanonicalName()).isNotEmpty();
    for (TestResult result : results) {
      assertThat(result.status()).as(describe(result)).isEqualTo(Status.NORMAL);
      assertThat(result.grading().isPassed).as(describe(result)).isTrue();
      assertThat(result.getTotalCount()).as(describe(result)).isPositive();
    }
  }

  private static void assertCaught(Class<?> test) {
    List<TestResult> results = RESULTS.getOrDefault(test.getCanonicalName(), List.of());
    assertThat(results).as("runs of %s", test.getCanonicalName()).isNotEmpty();
    assertThat(results)
        .as("what must be caught: %s", results.stream().map(StressTest::describe).toList())
        .anyMatch(result -> result.grading().hasInteresting);
  }

  private static String describe(TestResult result) {
    String counts =
        result.getStateKeys().stream()
            .map(key -> "[" + key + "] x " + result.getCount(key))
            .collect(Collectors.joining(", "));
    return result.getName() + ": " + result.status() + ", " + counts + ", " + result.getMessages();
  }

  @Test
  void shouldNeverLoseAWakeUp() {
    assertCorrect(DoorbellStress.Correct.class);
    assertCorrect(DoorbellStress.CorrectByElement.class);
    assertCorrect(DoorbellStress.CorrectTwice.class);
    assertCorrect(DoorbellStress.CorrectAmongProducers.class);
  }

  @Test
  void shouldCatchADoorbellWithoutFences() {
    assertCaught(DoorbellStress.BrokenProducerWithoutFence.class);
    assertCaught(DoorbellStress.BrokenLoopWithoutFence.class);
  }

  @Test
  void shouldCatchADoorbellThatLooksBeforeItSleeps() {
    assertCaught(DoorbellStress.BrokenOrder.class);
  }

  @Test
  void shouldLetExactlyOneOfLoopAndFiberRun() {
    assertCorrect(BatonStress.Correct.class);
  }

  @Test
  void shouldCatchABatonThatTrustsThePark() {
    assertCaught(BatonStress.BrokenTrustsThePark.class);
  }
}
