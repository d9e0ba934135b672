package gyre.lab.judge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The unit tests of a project for Gyre, run by JUnit's own launcher out of Maven's repository. */
final class JavaTests {
  private static final String LAUNCHER = "org/junit/platform/junit-platform-console-standalone";

  private JavaTests() {}

  /** Empty where that launcher has never been fetched. */
  @SuppressWarnings("InlineFormatString") // a script of a shell reads better in one piece
  static Optional<List<String>> command(Path directory, String classPath) {
    return launcher()
        .map(jar -> {
          String all = "target/test-classes:" + classPath + ":" + jar;
          String script =
              "set -e; mkdir -p target/test-classes; %s -Xlint:all,-classfile -Werror -d target/test-classes -cp '%s'"
                  + " src/test/java/*.java; exec %s --enable-native-access=ALL-UNNAMED"
                  + " --add-opens=java.base/java.lang=ALL-UNNAMED -cp '%s'"
                  + " org.junit.platform.console.ConsoleLauncher execute --disable-banner"
                  + " --fail-if-no-tests --scan-classpath target/test-classes";
          return List.of(
              "sh",
              "-c",
              script.formatted(Toolchain.javaTool("javac"), all, Toolchain.javaTool("java"), all));
        });
  }

  private static Optional<Path> launcher() {
    Path home = Path.of(System.getProperty("user.home"), ".m2/repository", LAUNCHER);
    try (Stream<Path> files = Files.walk(home, 2)) {
      return files.filter(file -> file.toString().endsWith(".jar")).max(Path::compareTo);
    } catch (IOException e) {
      return Optional.empty(); // there is no such folder
    }
  }
}
