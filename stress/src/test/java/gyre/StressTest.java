package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.sync.SharedChannelStress;
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
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;

/**
 * Runs jcstress in a process of its own and judges its results: the correct variants must show
 * nothing forbidden, and the broken ones must be caught, or else the test would prove nothing. What
 * is rare may take the broken ones several runs.
 */
class StressTest {
  private static final int LIMIT_SECONDS = 1200;
  private static final int MAX_RUNS = 10;
  private static final Path DIRECTORY =
      Path.of(System.getProperty("gyre.stress.results", "target/jcstress")).toAbsolutePath();

  private static final Map<String, List<TestResult>> RESULTS = new TreeMap<>();

  @BeforeAll
  static void runAll() throws IOException, InterruptedException, ClassNotFoundException {
    run("gyre\\..*Stress\\..*");
  }

  /** One run of jcstress over those that match; what it finds is added to the results. */
  private static void run(String tests)
      throws IOException, InterruptedException, ClassNotFoundException {
    Files.createDirectories(DIRECTORY);
    for (Path old : results()) {
      Files.delete(old);
    }
    Path console = DIRECTORY.resolve("console.txt");
    Process process =
        new ProcessBuilder(command(tests))
            .directory(DIRECTORY.toFile())
            .redirectErrorStream(true)
            .redirectOutput(console.toFile())
            .start();
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
    List<Path> results = results();
    assertThat(results).as("see %s", console).hasSize(1);
    InProcessCollector collector = new InProcessCollector();
    new DiskReadCollector(results.getFirst().toString(), collector).dump();
    for (TestResult result : collector.getTestResults()) {
      RESULTS.computeIfAbsent(result.getName(), name -> new ArrayList<>()).add(result);
    }
  }

  private static List<String> command(String tests) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", classPath()));
    command.addAll(List.of("org.openjdk.jcstress.Main", "-t", tests, "-r", DIRECTORY.toString()));
    command.addAll(List.of("-f", "1", "-fsm", "1", "-iters", "3", "-time", "100"));
    command.addAll(List.of("-sc", "false", "-af", "NONE", "-hs", "256"));
    command.addAll(List.of("-jvmArgs", "-XX:+UseSerialGC -ea"));
    return command;
  }

  private static List<Path> results() throws IOException {
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("jcstress-results-"))
          .toList();
    }
  }

  /** The real one, also where the class path of this process is only a manifest. */
  private static String classPath() {
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Stream.of(path.split(File.pathSeparator))
        .map(entry -> new File(entry).getAbsolutePath())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static List<TestResult> runsOf(Class<?> test) {
    List<TestResult> results = RESULTS.getOrDefault(test.getCanonicalName(), List.of());
    assertThat(results).as("runs of %s", test.getCanonicalName()).isNotEmpty();
    return results;
  }

  private static void assertCorrect(Class<?> test) {
    for (TestResult result : runsOf(test)) {
      assertThat(result.status()).as(describe(result)).isEqualTo(Status.NORMAL);
      assertThat(result.grading().isPassed).as(describe(result)).isTrue();
      assertThat(result.getTotalCount()).as(describe(result)).isPositive();
    }
  }

  private static void assertCaught(Class<?> test)
      throws IOException, InterruptedException, ClassNotFoundException {
    int runs = 1;
    while (!isCaught(test) && runs < MAX_RUNS) {
      run(test.getCanonicalName().replace(".", "\\."));
      runs++;
    }
    assertThat(isCaught(test))
        .as("what must be caught: %s", runsOf(test).stream().map(StressTest::describe).toList())
        .isTrue();
  }

  private static boolean isCaught(Class<?> test) {
    return runsOf(test).stream().anyMatch(result -> result.grading().hasInteresting);
  }

  private static String describe(TestResult result) {
    String counts =
        result.getStateKeys().stream()
            .map(key -> "[" + key + "] x " + result.getCount(key))
            .collect(Collectors.joining(", "));
    return result.getName() + ": " + result.status() + ", " + counts + ", " + result.getMessages();
  }

  private static boolean hasCoresForThree() {
    return Runtime.getRuntime().availableProcessors() >= 3;
  }

  @Test
  void shouldKeepEveryItemOfAChannelBetweenThreads() {
    if (hasCoresForThree()) {
      assertCorrect(SharedChannelStress.Closing.class);
    }
    assertCorrect(SharedChannelStress.ClosingByTheReceiver.class);
    assertCorrect(SharedChannelStress.OnePlace.class);
    assertCorrect(SharedChannelStress.Waking.class);
    assertCorrect(SharedChannelStress.Meeting.class);
  }

  @Test
  void shouldAgreeOnWhatAReplyABroadcastAndAWatchSay() {
    assertCorrect(SharedChannelStress.Answering.class);
    assertCorrect(SharedChannelStress.Watching.class);
    assertCorrect(SharedChannelStress.Publishing.class);
  }

  @Test
  void shouldCatchAChannelThatItsReceiverClosesBesideItsQueue()
      throws IOException, InterruptedException, ClassNotFoundException {
    assertCaught(SharedChannelStress.BrokenClosingByTheReceiver.class);
  }

  @Test
  void shouldCatchAChannelThatClosesBesideItsQueue()
      throws IOException, InterruptedException, ClassNotFoundException {
    assumeTrue(hasCoresForThree(), "three actors need three cores: jcstress leaves them out");
    assertCaught(SharedChannelStress.BrokenClosing.class);
  }

  @Test
  void shouldNeverLoseAWakeUp() {
    assertCorrect(DoorbellStress.Correct.class);
    assertCorrect(DoorbellStress.CorrectWithInbox.class);
    assertCorrect(DoorbellStress.CorrectByElement.class);
    assertCorrect(DoorbellStress.CorrectTwice.class);
    assertCorrect(DoorbellStress.CorrectAmongProducers.class);
    assertCorrect(DoorbellStress.CorrectWithSlot.class);
  }

  @Test
  void shouldCatchADoorbellWithoutItsFences() throws Exception {
    assertCaught(DoorbellStress.BrokenProducerWithoutFence.class);
    assertCaught(DoorbellStress.BrokenLoopWithoutFence.class);
  }

  @Test
  void shouldCatchADoorbellThatLooksBeforeItSleeps() throws Exception {
    assertCaught(DoorbellStress.BrokenOrder.class);
  }

  @Test
  void shouldLetExactlyOneOfLoopAndFiberRun() {
    assertCorrect(BatonStress.Correct.class);
  }

  @Test
  void shouldCatchABatonThatTrustsThePark() throws Exception {
    assertCaught(BatonStress.BrokenTrustsThePark.class);
  }

  @Test
  void shouldTakeTheTurnOnlyFromAFiberThatDoesNotKeepIt() {
    assertCorrect(BatonStealStress.Correct.class);
  }

  @Test
  void shouldCatchAStealThatSkipsAStep() throws Exception {
    assertCaught(BatonStealStress.BrokenWithoutProposal.class);
    assertCaught(BatonStealStress.BrokenWithoutSecondLook.class);
  }
}
