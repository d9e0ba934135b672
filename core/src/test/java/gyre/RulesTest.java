package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Holds docs/rules.md to its word: all rules are there, and the tests that it names exist. */
@Timeout(60)
class RulesTest {
  private static final List<String> IDS =
      List.of(
          ("async-spawn-blocking async-select-biased async-no-std-block async-cancellation-safe"
                  + " async-task-local async-structured-concurrency chan-bounded-backpressure"
                  + " chan-oneshot-response chan-broadcast-fanout chan-watch-state"
                  + " chan-graceful-shutdown sync-arc-mutex-shared sync-rwlock-read-heavy"
                  + " sync-atomic-counters sync-avoid-lock-await sync-semaphore-limit"
                  + " sync-parking-lot net-split-reader-writer net-framing-codec"
                  + " net-connection-pool net-timeout-all-io net-tcp-nodelay"
                  + " net-graceful-disconnect term-raw-mode-restore term-alternate-screen"
                  + " term-async-event-stream term-buffered-output term-handle-resize"
                  + " sig-ctrl-c-graceful sig-unix-signals sig-child-reap sig-timeout-shutdown"
                  + " io-async-file-ops io-stream-large-files io-copy-bidirectional"
                  + " io-pipe-communication io-flush-before-read loop-actor-model"
                  + " loop-event-types loop-state-machine loop-layered-architecture"
                  + " loop-cancellation-token")
              .split(" "));

  private static final Path ROOT = Path.of(System.getProperty("basedir", ".")).resolve("..");
  private static final Pattern SECTION = Pattern.compile("(?ms)^### (\\S+)$(.*?)(?=^##|\\z)");
  private static final Pattern TEST =
      Pattern.compile("`((?:[a-z]+\\.)*)([A-Z]\\w+)(?:\\.(should\\w+))?`");

  private static String page() throws IOException {
    return Files.readString(ROOT.resolve("docs/rules.md"));
  }

  @Test
  void shouldHaveAllRulesOnce() throws IOException {
    assertThat(IDS).hasSize(42).doesNotHaveDuplicates();
    assertThat(SECTION.matcher(page()).results().map(it -> it.group(1))).isEqualTo(IDS);
  }

  @Test
  void shouldTellThePartTheTestsAndAnExampleOfEachRule() throws IOException {
    assertThat(incomplete(page())).isEmpty();
  }

  @Test
  void shouldNameTestsThatExist() throws IOException {
    assertThat(missingTests(page(), sources())).isEmpty();
  }

  @Test
  void shouldNoticeWhatIsMissing() throws IOException {
    Map<String, List<Path>> sources = sources();
    String right = "### a-rule\n\n- Gyre: `A`\n- Tests: `RulesTest.shouldHaveAllRulesOnce`\n\n";
    assertThat(incomplete(right)).containsExactly("a-rule: no example");
    assertThat(incomplete("### a-rule\n\n```java\n```\n"))
        .containsExactly("a-rule: no part of Gyre", "a-rule: no test");
    assertThat(missingTests(right, sources)).isEmpty();
    assertThat(missingTests(right.replace("Once`", "Never`"), sources))
        .containsExactly("RulesTest.shouldHaveAllRulesNever");
    assertThat(missingTests("| rule | part | `NoSuchTest` |", sources))
        .containsExactly("NoSuchTest");
    assertThat(missingTests("| rule | part | in words alone |", sources))
        .containsExactly("no test: | rule | part | in words alone |");
  }

  private static List<String> incomplete(String page) {
    List<String> complaints = new ArrayList<>();
    Matcher section = SECTION.matcher(page);
    while (section.find()) {
      String id = section.group(1);
      String body = section.group(2);
      complain(complaints, body.contains("\n- Gyre: "), id + ": no part of Gyre");
      complain(complaints, body.contains("\n- Tests: `"), id + ": no test");
      complain(complaints, body.contains("\n```java\n"), id + ": no example");
    }
    return complaints;
  }

  private static void complain(List<String> complaints, boolean isRight, String otherwise) {
    if (!isRight) {
      complaints.add(otherwise);
    }
  }

  /** Of the rules, and of the tables below them, whose last column has the tests. */
  private static List<String> missingTests(String page, Map<String, List<Path>> sources)
      throws IOException {
    List<String> missing = new ArrayList<>();
    for (String line : page.lines().toList()) {
      if (line.startsWith("- Tests: ")) {
        check(line, line, sources, missing);
      } else if (line.startsWith("| ") && !line.startsWith("| rule | part of Gyre")) {
        String[] columns = line.split("\\|", -1);
        check(line, columns[columns.length - 2], sources, missing);
      }
    }
    return missing;
  }

  private static void check(
      String line, String tests, Map<String, List<Path>> sources, List<String> missing)
      throws IOException {
    Matcher test = TEST.matcher(tests);
    boolean isNamed = false;
    while (test.find()) {
      isNamed = true;
      if (!exists(test.group(1), test.group(2), test.group(3), sources)) {
        missing.add(test.group().replace("`", ""));
      }
    }
    complain(missing, isNamed, "no test: " + line);
  }

  private static boolean exists(
      String qualifier, String type, @Nullable String method, Map<String, List<Path>> sources)
      throws IOException {
    String folder = qualifier.replace('.', '/');
    for (Path source : sources.getOrDefault(type + ".java", List.of())) {
      boolean isThere = source.toString().replace('\\', '/').endsWith(folder + type + ".java");
      if (isThere && (method == null || Files.readString(source).contains(" " + method + "("))) {
        return true;
      }
    }
    return false;
  }

  /** The sources of all tests of all modules, by their file's name. */
  private static Map<String, List<Path>> sources() throws IOException {
    Map<String, List<Path>> sources = new HashMap<>();
    try (Stream<Path> modules = Files.list(ROOT)) {
      for (Path module : modules.toList()) {
        for (String folder : List.of("src/test/java", "src/main/java")) {
          Path root = module.resolve(folder);
          boolean isTests = folder.contains("test") || module.endsWith("stress");
          if (isTests && Files.isDirectory(root)) {
            addAll(root, sources);
          }
        }
      }
    }
    return sources;
  }

  private static void addAll(Path root, Map<String, List<Path>> sources) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      files
          .filter(file -> file.toString().endsWith(".java"))
          .forEach(file ->
              sources
                  .computeIfAbsent(file.getFileName().toString(), any -> new ArrayList<>())
                  .add(file));
    }
  }
}
