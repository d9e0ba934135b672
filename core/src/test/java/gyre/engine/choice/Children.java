package gyre.engine.choice;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Java processes of the tests, for what can't be undone in one's own. */
final class Children {
  private Children() {}

  /** What a program says until it ends. */
  static String run(Class<?> program, List<String> flags, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    if (!flags.contains("--illegal-native-access=deny")) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      byte[] said = process.getInputStream().readAllBytes();
      assertThat(process.waitFor(40, TimeUnit.SECONDS)).as("the child ended").isTrue();
      return new String(said, StandardCharsets.UTF_8).strip();
    } finally {
      Process ignored = process.destroyForcibly();
    }
  }
}
