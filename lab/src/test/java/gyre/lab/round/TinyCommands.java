package gyre.lab.round;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Does in this process what the commands of {@link TinyTarget} do in a shell, since a round starts
 * a hundred of them. Whatever it does not understand goes to the real shell, so it can only be
 * faster.
 */
final class TinyCommands implements Commands {
  private static final Pattern FUNCTION =
      Pattern.compile("^([a-z_]+)\\(\\) \\{\\n(.*?)\\n\\}$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern ECHO = Pattern.compile("^  echo (\\w+)$");
  private static final Pattern BENCH = Pattern.compile("^sh bench/bench\\.sh (\\w+)$");
  private static final Pattern TEST =
      Pattern.compile("^\\. \\$BUILD/work\\.sh; test \\$\\((\\w+)\\) (?:=|-eq) (\\w+)$");
  private static final Pattern BUILD = Pattern.compile("^cp src/work\\.sh .* && at_build$");
  private static final Pattern SHARE =
      Pattern.compile("^\\. .*; echo kernel 10; echo share cost \\$.*$");

  @Override
  public Shell.Result run(
      Target.Command command, Tree tree, Map<String, String> more, Path output) {
    Optional<Shell.Result> quick = quick(command.line(), tree, more);
    return quick.isPresent()
        ? quick.get()
        : Commands.real(Path.of("/")).run(command, tree, more, output);
  }

  private static Optional<Shell.Result> quick(String line, Tree tree, Map<String, String> more) {
    if (BUILD.matcher(line).matches()) {
      return build(tree);
    }
    Matcher bench = BENCH.matcher(line);
    Matcher test = TEST.matcher(line);
    if (bench.matches() && read(tree.root().resolve("bench/bench.sh")).equals(TinyTarget.BENCH)) {
      int run = Integer.parseInt(more.getOrDefault("RUN", "0"));
      return value(tree, bench.group(1))
          .map(cost -> result(0, "time " + (Integer.parseInt(cost) * 10 + run % 3) + "\n"));
    }
    if (test.matches()) {
      return value(tree, test.group(1))
          .map(value -> result(value.equals(test.group(2)) ? 0 : 1, ""));
    }
    if (SHARE.matcher(line).matches() && line.endsWith("$(cost).0")) {
      return value(tree, "cost").map(cost -> result(0, "kernel 10\nshare cost " + cost + ".0\n"));
    }
    if (line.equals("sh test/suite.sh") && "  :".equals(functions(tree).get("loop"))) {
      return value(tree, "engine_one").map(value -> result(value.equals("right") ? 0 : 1, ""));
    }
    if (line.startsWith("( . $BUILD/work.sh; set -x; cost; loop )")) {
      return Optional.of(result(0, "cost\nloop\n"));
    }
    return Optional.empty();
  }

  private static Optional<Shell.Result> build(Tree tree) {
    String source = read(tree.root().resolve("src/work.sh"));
    if (!source.endsWith("at_build() {\n  :\n}\n") || source.contains(")\n}")) {
      return Optional.empty();
    }
    try {
      Files.writeString(tree.build().resolve("work.sh"), source.replaceAll("(?m)^ *#.*\\n", ""));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Optional.of(result(0, ""));
  }

  private static Optional<String> value(Tree tree, String function) {
    Matcher echo = ECHO.matcher(functions(tree).getOrDefault(function, ""));
    return echo.matches() ? Optional.of(echo.group(1)) : Optional.empty();
  }

  private static Map<String, String> functions(Tree tree) {
    Map<String, String> functions = new LinkedHashMap<>();
    Matcher matcher = FUNCTION.matcher(read(tree.build().resolve("work.sh")));
    while (matcher.find()) {
      functions.put(matcher.group(1), matcher.group(2));
    }
    return functions;
  }

  private static Shell.Result result(int exit, String output) {
    return new Shell.Result(Shell.End.EXITED, exit, output, Duration.ZERO);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
