package gyre.lab.judge;

import gyre.generator.ProgramKind;
import gyre.generator.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** How the projects for a target are built and run here, without the network. */
final class Toolchain {
  private static final Path DEBIAN_CRATES = Path.of("/usr/share/cargo/registry");
  private static final String MINGW = "x86_64-w64-mingw32-gcc";

  private final Target target;

  Toolchain(Target target) {
    this.target = target;
  }

  /** Why it can't be built here, if so. */
  Optional<String> refusal() {
    if (target == Target.KQUEUE) {
      return Optional.of("it can't be compiled here: that takes BSD or macOS");
    }
    String tool = tool();
    return isInstalled(tool) ? Optional.empty() : Optional.of(tool + " is not installed");
  }

  /** Whether what is built runs here. */
  boolean runs() {
    return target != Target.IOCP;
  }

  private String tool() {
    return switch (target) {
      case GYRE -> javaTool("javac");
      case LIBUV, ASIO -> "cmake";
      case TOKIO, MIO -> "cargo";
      case EPOLL, IO_URING, KQUEUE -> "make";
      case IOCP -> MINGW;
    };
  }

  static boolean isInstalled(String tool) {
    if (tool.contains("/")) {
      return Files.isExecutable(Path.of(tool));
    }
    return Stream.of(String.valueOf(System.getenv("PATH")).split(":", -1))
        .anyMatch(part -> Files.isExecutable(Path.of(part, tool)));
  }

  /** The commands that build it, to be run in its directory. */
  List<List<String>> steps(Path directory) {
    return switch (target) {
      case GYRE -> List.of(compiling(directory)); // Maven would want Gyre to be installed
      case LIBUV, ASIO ->
          List.of(List.of("cmake", "-S", ".", "-B", "build"), List.of("cmake", "--build", "build"));
      case TOKIO, MIO -> List.of(cargo(directory, "build", "--release"));
      case EPOLL, IO_URING, KQUEUE, IOCP -> List.of(List.of("make"));
    };
  }

  /** The command that runs its tests, after it has been built. */
  Optional<List<String>> testing(Path directory) {
    return switch (target) {
      case GYRE -> JavaTests.command(directory, classPath(directory));
      case TOKIO, MIO -> Optional.of(cargo(directory, "test", "--release"));
      case EPOLL, IO_URING, KQUEUE, IOCP -> Optional.of(List.of("make", "check"));
      case LIBUV, ASIO ->
          Optional.of(List.of("ctest", "--test-dir", "build", "--output-on-failure"));
    };
  }

  private List<String> cargo(Path directory, String... words) {
    List<String> command = new ArrayList<>(List.of("cargo"));
    command.addAll(List.of(words));
    command.addAll(List.of("--target-dir", crates(directory).toString()));
    if (Files.isDirectory(DEBIAN_CRATES)) { // without the network
      command.add("--offline");
      command.addAll(List.of("--config", "source.crates-io.replace-with=\"debian\""));
      command.addAll(List.of("--config", "source.debian.directory=\"" + DEBIAN_CRATES + "\""));
    }
    return command;
  }

  /**
   * Beside the projects, which have their dependencies in common: to compile those for each takes
   * longer than all the rest. A program is there until the next one of that name is built.
   */
  private Path crates(Path directory) {
    return directory.toAbsolutePath().resolveSibling("cargo-" + target.label());
  }

  private static List<String> compiling(Path directory) {
    List<String> command =
        new ArrayList<>(
            List.of(javaTool("javac"), "-Xlint:all", "-Werror", "-d", "target/classes"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    try (Stream<Path> sources = Files.list(directory.resolve("src/main/java"))) {
      sources.map(source -> directory.relativize(source).toString()).forEach(command::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return command;
  }

  private static String classPath(Path directory) {
    return directory.resolve("target/classes") + ":" + System.getProperty("java.class.path");
  }

  /** The command that runs what has been built. */
  List<String> command(Path directory, String name) {
    return switch (target) {
      case GYRE ->
          List.of(
              javaTool("java"),
              "-XX:TieredStopAtLevel=1", // it lives for a second or two
              "-XX:+UseSerialGC",
              "--add-opens=java.base/java.lang=ALL-UNNAMED",
              "--enable-native-access=ALL-UNNAMED",
              "-cp",
              classPath(directory),
              "Main");
      case LIBUV, ASIO -> List.of(directory.resolve("build").resolve(name).toString());
      case TOKIO, MIO -> List.of(crates(directory).resolve("release").resolve(name).toString());
      case EPOLL, IO_URING, KQUEUE -> List.of(directory.resolve(name).toString());
      case IOCP -> List.of(directory.resolve(name + ".exe").toString());
    };
  }

  static String javaTool(String name) {
    return Path.of(System.getProperty("java.home"), "bin", name).toString();
  }

  /** Where a generated project lies below a folder. */
  static String folder(ProgramKind program, Target target) {
    return program.label() + "-" + target.label();
  }
}
