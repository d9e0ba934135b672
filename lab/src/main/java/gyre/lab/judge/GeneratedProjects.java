package gyre.lab.judge;

import gyre.generator.Generator;
import gyre.generator.ProgramKind;
import gyre.generator.Target;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Writes what {@code gyre new} offers, builds it with the tools of its world, and judges it. */
public final class GeneratedProjects {
  private static final String NAME = "judged-server";
  private static final Path DEBIAN_CRATES = Path.of("/usr/share/cargo/registry");

  private final Path folder;
  private final PrintWriter out;
  private final int connections;

  /**
   * Works in a folder.
   *
   * @param folder there, and empty
   * @param out is told each result
   * @param connections how many each server is to serve at once
   */
  public GeneratedProjects(Path folder, PrintWriter out, int connections) {
    this.folder = folder;
    this.out = out;
    this.connections = connections;
  }

  /** How it ended for one project. */
  public enum Verdict {
    KEPT,
    BROKEN,
    /** A tool that it is built with is not installed. */
    SKIPPED
  }

  /** All of them; false if one does not build, or breaks a promise. */
  public boolean verifyAll() throws InterruptedException {
    boolean isAllKept = true;
    for (Target target : Target.values()) {
      if (Generator.offers(ProgramKind.TCP_ECHO, target)) {
        isAllKept &= verify(ProgramKind.TCP_ECHO, target) != Verdict.BROKEN;
      }
    }
    return isAllKept;
  }

  public Verdict verify(ProgramKind program, Target target) throws InterruptedException {
    out.println(program.label() + " for " + target.label());
    String tool = toolOf(target);
    if (!isInstalled(tool)) {
      return told(Verdict.SKIPPED, tool + " is not installed");
    }
    Path directory = folder.resolve(program.label() + "-" + target.label());
    var ignored = Generator.project(program, target, NAME).write(directory, false);
    for (List<String> step : steps(target, directory)) {
      if (!isDone(directory, step)) {
        return told(Verdict.BROKEN, String.join(" ", step) + " failed in " + directory);
      }
    }
    Map<String, String> results = new EchoJudge(command(target, directory), connections).judge();
    results.forEach((promise, fault) ->
        out.println("  " + (fault.isEmpty() ? "kept    " + promise : promise + ": " + fault)));
    out.flush();
    boolean isKept = results.values().stream().allMatch(String::isEmpty);
    return told(isKept ? Verdict.KEPT : Verdict.BROKEN, "");
  }

  private Verdict told(Verdict verdict, String why) {
    out.println("  " + verdict + (why.isEmpty() ? "" : ": " + why));
    out.flush();
    return verdict;
  }

  private static String toolOf(Target target) {
    return switch (target) {
      case GYRE -> javaTool("javac");
      case LIBUV, ASIO -> "cmake";
      case TOKIO, MIO -> "cargo";
      case EPOLL, IO_URING -> "make";
    };
  }

  private static boolean isInstalled(String tool) {
    if (tool.contains("/")) {
      return Files.isExecutable(Path.of(tool));
    }
    return Stream.of(String.valueOf(System.getenv("PATH")).split(":", -1))
        .anyMatch(part -> Files.isExecutable(Path.of(part, tool)));
  }

  private static List<List<String>> steps(Target target, Path directory) {
    return switch (target) {
      case GYRE -> List.of(compiling(directory)); // Maven would want Gyre to be installed
      case LIBUV, ASIO ->
          List.of(List.of("cmake", "-S", ".", "-B", "build"), List.of("cmake", "--build", "build"));
      case TOKIO, MIO -> List.of(cargo());
      case EPOLL, IO_URING -> List.of(List.of("make"));
    };
  }

  private static List<String> cargo() {
    List<String> command = new ArrayList<>(List.of("cargo", "build", "--release"));
    if (Files.isDirectory(DEBIAN_CRATES)) { // without the network
      command.add("--offline");
      command.addAll(List.of("--config", "source.crates-io.replace-with=\"debian\""));
      command.addAll(List.of("--config", "source.debian.directory=\"" + DEBIAN_CRATES + "\""));
    }
    return command;
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

  private static List<String> command(Target target, Path directory) {
    return switch (target) {
      case GYRE ->
          List.of(
              javaTool("java"),
              "--add-opens=java.base/java.lang=ALL-UNNAMED",
              "--enable-native-access=ALL-UNNAMED",
              "-cp",
              directory.resolve("target/classes") + ":" + System.getProperty("java.class.path"),
              "Main");
      case LIBUV, ASIO -> List.of(directory.resolve("build").resolve(NAME).toString());
      case TOKIO, MIO -> List.of(directory.resolve("target/release").resolve(NAME).toString());
      case EPOLL, IO_URING -> List.of(directory.resolve(NAME).toString());
    };
  }

  private static String javaTool(String name) {
    return Path.of(System.getProperty("java.home"), "bin", name).toString();
  }

  private boolean isDone(Path directory, List<String> step) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(step).directory(directory.toFile()).redirectErrorStream(true).start();
      process.getOutputStream().close();
      List<String> lines = process.inputReader().lines().toList();
      boolean isDone = process.waitFor() == 0;
      if (!isDone) {
        lines.forEach(line -> out.println("    " + line));
      }
      return isDone;
    } catch (IOException e) {
      out.println("    " + e.getMessage());
      return false;
    }
  }
}
