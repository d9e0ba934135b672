package gyre.examples;

import gyre.process.Command;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** One of the examples, as a command that runs in a JVM of its own. */
final class Program {
  private Program() {}

  /** One that hangs is killed, and a test that waits for it fails. */
  static Command of(Class<?> main, String engine, String... arguments) {
    return Command.of(java())
        .arguments(options(main, engine))
        .arguments(arguments)
        .timeout(Duration.ofSeconds(60));
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  static String[] options(Class<?> main, String engine) {
    List<String> all =
        List.of(
            "-ea",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "-Dgyre.engine=" + engine,
            "-Dgyre.insight=false", // its watchdog tells of stalls on the standard error
            "-cp",
            System.getProperty("java.class.path"),
            main.getName());
    return all.toArray(String[]::new);
  }
}
