package gyre.lab.round;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A project of a few lines of shell, with a repository, tests and a benchmark whose figures are
 * computed and not measured: whole rounds are run on it in a second, and always end in the same
 * way.
 */
final class TinyTarget {
  static final String SOURCE =
      """
      cost() {
        echo 100
      }
      control_cost() {
        echo 500
      }
      loop() {
        :
      }
      engine_one() {
        echo right
      }
      engine_two() {
        echo right
      }
      leaked() {
        echo 0
      }
      never() {
        echo 1
      }
      at_build() {
        :
      }
      """;

  static final String BENCH = ". $BUILD/work.sh\necho time $(($($1) * 10 + RUN % 3))\n";

  private static final String TARGET =
      """
      allow = ["src/**"]
      harness = ["bench/**", "test/**"]
      artifacts = ["work.sh"]

      [build]
      command = "cp src/work.sh $BUILD/ && sed -i '/^ *#/d' $BUILD/work.sh && . $BUILD/work.sh && at_build"

      [profile]
      command = ". $BUILD/work.sh; echo kernel 10; echo share cost $(cost).0"

      [ran]
      command = "( . $BUILD/work.sh; set -x; cost; loop ) 2>&1 | sed 's/^+* //'"
      symbol = '^([a-z_]+)\\(\\) \\{'

      [[gate]]
      name = "suite"
      tier = "light"
      command = "sh test/suite.sh"
      limit-seconds = 60

      [[gate]]
      name = "engine-one"
      tier = "full"
      command = ". $BUILD/work.sh; test $(engine_one) = right"

      [[gate]]
      name = "engine-two"
      tier = "full"
      probe = "true"
      command = ". $BUILD/work.sh; test $(engine_two) = right"

      [[gate]]
      name = "engine-three"
      tier = "full"
      probe = "echo this machine has no third engine; exit 1"
      command = "false"

      [[gate]]
      name = "leaks"
      tier = "full"
      command = ". $BUILD/work.sh; test $(leaked) -eq 0"
      required = true

      [[workload]]
      name = "work"
      role = "target"
      command = "sh bench/bench.sh cost"
      sample = '^time ([0-9]+)$'

      [[workload]]
      name = "still"
      role = "control"
      command = "sh bench/bench.sh control_cost"
      sample = '^time ([0-9]+)$'

      [criteria]
      rounds = 3
      """;

  private static final Map<String, byte[]> TEMPLATE = new HashMap<>();

  private final Path folder;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final Map<String, String> environment = new HashMap<>();
  private String gates = Target.ALL_GATES;
  private Commands commands = new TinyCommands();

  private TinyTarget(Path folder) {
    this.folder = folder;
    environment.put("PATH", System.getenv().getOrDefault("PATH", ""));
  }

  static TinyTarget in(Path folder) {
    TinyTarget tiny = new TinyTarget(folder);
    tiny.repository();
    tiny.home();
    return tiny;
  }

  /** Made once and then copied, as that takes git a while. */
  private void repository() {
    synchronized (TinyTarget.class) {
      if (TEMPLATE.isEmpty()) {
        put("checkout/src/work.sh", SOURCE);
        put("checkout/test/suite.sh", ". $BUILD/work.sh\nloop\ntest $(engine_one) = right\n");
        put("checkout/bench/bench.sh", BENCH);
        put("checkout/.gitignore", "*.class\n");
        git("init", "--quiet", "--template=", "--initial-branch=main");
        git("add", ".");
        git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--message=all");
        TEMPLATE.putAll(files(folder.resolve("checkout")));
        return;
      }
    }
    TEMPLATE.forEach((name, bytes) -> put("checkout/" + name, bytes));
  }

  private static Map<String, byte[]> files(Path root) {
    Map<String, byte[]> files = new HashMap<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(root.relativize(file).toString(), Files.readAllBytes(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  private void git(String... words) {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(words));
    Path output = folder.resolve("git.txt");
    Shell.Result result =
        Shell.run(
            folder.resolve("checkout"), Map.of(), command, null, Duration.ofMinutes(1), output);
    if (!result.isGood()) {
      throw new IllegalStateException(result.failure());
    }
  }

  private void home() {
    for (String skill : List.of("propose", "chair", "implement")) {
      put("home/skills/" + skill + ".md", "# Skill " + skill + " for {role}\n");
    }
    put("home/README.md", "x\n<!-- counts: made -->\n<!-- end of counts -->\ny\n");
    target(TARGET);
    put(
        "home/targets/tiny/playbook.toml",
        """
        [[technique]]
        id = "less-work"
        tier = 1
        signal = "a share in user code"
        text = "do less"

        [[technique]]
        id = "other-work"
        tier = 1
        signal = "a share in user code"
        text = "do something else"
        """);
    put(
        "home/targets/tiny/hot-methods.toml",
        """
        version = "1"
        cold = ["frozen*"]
        [[method]]
        symbol = "cost"
        percent = 100.0
        [[method]]
        symbol = "never"
        percent = 3.0
        """);
    put(
        "home/targets/tiny/non-starters.toml",
        """
        [[non-starter]]
        id = "magic"
        words = ["magic"]
        why = "there is none"
        """);
  }

  /** The target's file, in another version. */
  void target(String text) {
    put("home/targets/tiny.toml", text);
  }

  void target(String what, String with) {
    if (!TARGET.contains(what)) {
      throw new IllegalArgumentException(what);
    }
    target(TARGET.replace(what, with));
  }

  /** Answers to a whole round: {@code diff} is of the first, the others give none. */
  void answers(String diff) {
    for (String name : Variant.NAMES) {
      String technique = name.equals("a") ? "less-work" : "other-work";
      proposal(name, technique, name.equals("c") ? "never" : "cost", "cost falls by a fifth");
      answer("implement-" + name, "summary: no idea\n");
    }
    implementation("a", diff);
    answer("chair", "winner: a\nreasoning: the profile shows it\n");
  }

  void proposal(String name, String technique, String symbol, String hypothesis) {
    answer(
        "propose-" + name,
        """
        technique: %s
        symbol: %s
        hypothesis: %s
        expected: 20 %%
        files: src/work.sh
        confidence: medium
        reasoning: it is so
        """
            .formatted(technique, symbol, hypothesis));
  }

  void implementation(String name, String diff) {
    answer("implement-" + name, "summary: it does less\n\n```diff\n" + diff + "```\n");
  }

  void answer(String name, String text) {
    put("answers/" + name + ".md", text);
  }

  /** The diff that replaces a text of the source by another. */
  static String diff(String... whatAndWith) {
    String changed = SOURCE;
    for (int i = 0; i < whatAndWith.length; i += 2) {
      if (!changed.contains(whatAndWith[i])) {
        throw new IllegalArgumentException(whatAndWith[i]);
      }
      changed = changed.replace(whatAndWith[i], whatAndWith[i + 1]);
    }
    return whole("src/work.sh", SOURCE, changed);
  }

  /** A diff that takes all lines of a file away and puts others there. */
  static String whole(String file, String before, String after) {
    StringBuilder diff = new StringBuilder("diff --git a/" + file + " b/" + file + "\n");
    diff.append("--- a/" + file + "\n+++ b/" + file + "\n");
    List<String> old = before.lines().toList();
    List<String> now = after.lines().toList();
    diff.append("@@ -1,%d +1,%d @@%n".formatted(old.size(), now.size()));
    int same = 0;
    while (same < Math.min(old.size(), now.size()) && old.get(same).equals(now.get(same))) {
      diff.append(' ').append(old.get(same++)).append('\n');
    }
    int tail = 0;
    while (tail < Math.min(old.size(), now.size()) - same
        && old.get(old.size() - 1 - tail).equals(now.get(now.size() - 1 - tail))) {
      tail++;
    }
    old.subList(same, old.size() - tail)
        .forEach(line -> diff.append('-').append(line).append('\n'));
    now.subList(same, now.size() - tail)
        .forEach(line -> diff.append('+').append(line).append('\n'));
    old.subList(old.size() - tail, old.size())
        .forEach(line -> diff.append(' ').append(line).append('\n'));
    return diff.toString();
  }

  /** Has the commands run by a real shell. */
  TinyTarget real() {
    commands = Commands.real(Path.of("/"));
    return this;
  }

  /** With the FULL gates of a set alone. */
  TinyTarget gates(String set) {
    gates = set;
    return this;
  }

  void environment(String name, String value) {
    environment.put(name, value);
  }

  Rounds rounds() {
    return new Rounds(
        folder.resolve("home"),
        folder.resolve("work"),
        environment,
        commands,
        InstantSource.fixed(Instant.parse("2026-01-02T03:04:05Z")),
        new PrintStream(said, true, StandardCharsets.UTF_8));
  }

  String start(Step last) {
    return rounds()
        .start(
            "tiny",
            Optional.of(folder.resolve("checkout")),
            "HEAD",
            Optional.of(folder.resolve("answers")),
            0,
            gates,
            "",
            last);
  }

  void resume(String id, Step last) {
    rounds().resume(id, Optional.empty(), Optional.of(folder.resolve("answers")), last);
  }

  /** Runs a whole round, and answers how it ended. */
  RoundLog.Entry run() {
    String id = start(Step.DONE);
    return RoundLog.entry(log().folder(id)).orElseThrow();
  }

  RoundLog log() {
    return new RoundLog(folder.resolve("home"));
  }

  Path path(String name) {
    return folder.resolve(name);
  }

  String read(String name) {
    try {
      return Files.readString(folder.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void put(String name, String text) {
    put(name, text.getBytes(StandardCharsets.UTF_8));
  }

  private void put(String name, byte[] bytes) {
    try {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String said() {
    return said.toString(StandardCharsets.UTF_8);
  }
}
