package gyre.process;

import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.engine.Errno;
import gyre.io.ByteStream;
import gyre.io.IoException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Programs whose descriptors are few, or closed: run in a JVM of its own by its test. */
final class StandardProgram {
  private static final List<String> REPORT = new ArrayList<>();

  private StandardProgram() {}

  /** The engine, what to do, and the file to write a report to. */
  public static void main(String[] arguments) throws IOException {
    try (Loop loop = Loop.open(Loops.options(arguments[0]))) {
      switch (arguments[1]) {
        case "upper" -> loop.run(StandardProgram::upper);
        case "closed" -> loop.run(StandardProgram::closed);
        case "few" -> loop.run(StandardProgram::few);
        default -> throw new IllegalArgumentException(arguments[1]);
      }
    } catch (Throwable e) {
      REPORT.add("failed: " + e);
      throw e;
    } finally {
      Path ignored = Files.write(Path.of(arguments[2]), REPORT);
    }
  }

  private static void upper() {
    int ticks = 0;
    Fiber<?> other = Fiber.start("ticks", () -> Fiber.sleep(Duration.ofMillis(1)));
    try (ByteStream in = StandardStreams.input();
        ByteStream out = StandardStreams.output();
        ByteStream errors = StandardStreams.errors()) {
      out.write("ready\n");
      for (String line = in.readLine(8192); line != null; line = in.readLine(8192)) {
        out.write(line.toUpperCase(Locale.ROOT) + "\n");
        ticks++;
      }
      errors.write(ticks + " lines\n");
    }
    other.join();
    REPORT.add("ended after " + ticks);
  }

  private static void closed() {
    try (ByteStream in = StandardStreams.input()) {
      REPORT.add("open: " + in);
    } catch (IoException e) {
      REPORT.add(e.getMessage());
    }
    Command both = Command.shell("cat; echo err >&2; ls /proc/self/fd");
    for (int i = 0; i < 2; i++) { // the second time with what the first one has closed
      CommandResult result = both.transform("in\n".getBytes(StandardCharsets.UTF_8));
      REPORT.add(
          result.output().replace('\n', ' ')
              + new String(result.stderr(), StandardCharsets.UTF_8).strip());
    }
    Command inherits = Command.shell("readlink /proc/self/fd/0 /proc/self/fd/2; ls /proc/self/fd");
    REPORT.add(
        inherits.stdin(Stdio.INHERIT).stderr(Stdio.INHERIT).run().output().replace('\n', ' '));
  }

  /** Starts something again and again, with one descriptor more each time, until it can be. */
  private static void few() throws Exception {
    loadEverything();
    Command command =
        Command.shell("cat; echo err >&2")
            .directory(Path.of("/"))
            .stdin(Stdio.file(Path.of("/etc/passwd")));
    Pipeline pipeline = command.pipeTo(Command.of("cat"));
    REPORT.add("before " + pipeline.run().isSuccess());
    long before = Kin.descriptors();
    ArrayDeque<Closeable> held = new ArrayDeque<>();
    hold(held);
    int failures = 0;
    while (true) {
      try {
        REPORT.add("ran " + pipeline.run().isSuccess());
        break;
      } catch (IoException e) {
        failures++;
        if (e.errno() != Errno.EMFILE.number()
            || !String.valueOf(e.getMessage()).contains("ulimit -n")) {
          REPORT.add("otherwise: " + e.getMessage());
        }
      }
      held.remove().close();
    }
    for (Closeable each : held) {
      each.close();
    }
    while (Kin.children() > 0) {
      Fiber.sleep(Duration.ofMillis(1)); // what was given up is collected on a thread of its own
    }
    REPORT.add("failures " + (failures > 5));
    REPORT.add("left " + (Kin.descriptors() - before));
  }

  private static void hold(ArrayDeque<Closeable> held) {
    while (true) {
      try {
        held.add(Files.newInputStream(Path.of("/dev/null")));
      } catch (IOException e) {
        return; // there is no more
      }
    }
  }

  /** A class cannot be loaded when nothing can be opened any more. */
  private static void loadEverything() throws Exception {
    for (String each : System.getProperty("java.class.path").split(":", -1)) {
      Path root = Path.of(each);
      if (Files.isDirectory(root)) {
        try (Stream<Path> all = Files.walk(root)) {
          for (Path file : all.filter(path -> path.toString().endsWith(".class")).toList()) {
            load(root.relativize(file).toString());
          }
        }
      }
    }
    try {
      CommandResult ignored = Command.of("no-such-command").run();
    } catch (ProcessException e) {
      REPORT.add("loaded");
    }
  }

  private static void load(String file) throws ClassNotFoundException {
    String name = file.replace('/', '.').replaceAll("\\.class$", "");
    if (name.matches("gyre(\\.(process|stream|io|spi|sys|loop|engine.*))?\\.[^.]+")
        && !name.endsWith("Test")
        && !name.contains("Test$")) {
      Class<?> ignored = Class.forName(name, false, StandardProgram.class.getClassLoader());
    }
  }
}
