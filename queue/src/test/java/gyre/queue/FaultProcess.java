package gyre.queue;

import gyre.Loop;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A worker in a process of its own, to which something happens: {@code -Dtest.stop=POINT} has it
 * stop itself as by SIGSTOP when it first comes there, and go on by SIGCONT once the file {@link
 * #GO_ON} is there; {@code -Dtest.exhaust=DIRECTORY} has it use up its descriptors while {@code
 * DIRECTORY/want} is there. {@code -Dtest.watchlimit=FILE} has it allow watches in its user
 * namespace once FILE is there. {@code -Dtest.hup=true} has it get a HUP as it says that it starts.
 */
final class FaultProcess {
  static final String GO_ON = "go-on";

  private FaultProcess() {}

  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    String exhaust = System.getProperty("test.exhaust", "");
    if (!exhaust.isEmpty()) {
      loadAll();
      Thread.ofPlatform().daemon().start(() -> exhaust(Path.of(exhaust)));
    }
    String limit = System.getProperty("test.watchlimit", "");
    if (!limit.isEmpty()) {
      Thread.ofPlatform().daemon().start(() -> raiseLimit(Path.of(limit)));
    }
    WorkerOptions options =
        WorkerOptions.of(directory)
            .join(true)
            .signals(true)
            .watchAgainAfter(Duration.ofMillis(300))
            .readTimeout(Duration.ofMillis(200))
            .output(
                Boolean.getBoolean("test.hup")
                    ? hupAtStart()
                    : new PrintWriter(Writer.nullWriter()));
    Probe probe = probe(directory.resolve(GO_ON));
    try (Loop loop = Loop.open()) {
      loop.run(() -> Worker.open(options, true, probe).run());
    }
  }

  private static Probe probe(Path goOn) {
    String stop = System.getProperty("test.stop", "");
    if (stop.isEmpty()) {
      return Probe.NONE;
    }
    Probe.Point where = Probe.Point.valueOf(stop);
    boolean[] isOver = {false};
    return point -> {
      if (point == where && !isOver[0]) {
        isOver[0] = true;
        stop(goOn);
      }
    };
  }

  private static PrintWriter hupAtStart() {
    return new PrintWriter(Writer.nullWriter()) {
      @Override
      public void println(String line) {
        if (line.contains("worker 0 starts")) {
          signalSelf("HUP");
        }
      }
    };
  }

  private static void signalSelf(String name) {
    try {
      String pid = String.valueOf(ProcessHandle.current().pid());
      new ProcessBuilder("kill", "-" + name, pid).start().waitFor();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The signal may come a little after it was sent: so it goes no further by itself. */
  private static void stop(Path goOn) {
    signalSelf("STOP");
    while (!Files.exists(goOn)) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** What this worker never comes to, and would take most of the time. */
  private static final List<String> UNUSED =
      List.of("gyre/http/", "gyre/sim", "gyre/insight/", "gyre/tls/", "gyre/proxy/", "gyre/net/");

  /** Classes are files of a directory here, which could not be opened any more. */
  private static void loadAll() throws Exception {
    Path classes =
        Path.of(Worker.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    if (!Files.isDirectory(classes)) {
      return;
    }
    List<Path> roots = new ArrayList<>();
    for (String each : System.getProperty("java.class.path").split(":", -1)) {
      Path root = Path.of(each);
      if (Files.isDirectory(root) && (root.endsWith("main") || root.endsWith("classes"))) {
        roots.add(root);
      }
    }
    for (Path root : roots) {
      try (Stream<Path> files = Files.walk(root)) {
        for (Path each : files.filter(file -> file.toString().endsWith(".class")).toList()) {
          String name = root.relativize(each).toString();
          if (name.startsWith("gyre/") && UNUSED.stream().noneMatch(name::startsWith)) {
            load(name.substring(0, name.length() - ".class".length()).replace('/', '.'));
          }
        }
      }
    }
  }

  private static void load(String name) {
    try {
      Class.forName(name, true, FaultProcess.class.getClassLoader());
    } catch (ReflectiveOperationException | LinkageError e) {
      // one for another system
    }
  }

  private static void raiseLimit(Path file) {
    while (!Files.exists(file)) {
      LockSupport.parkNanos(1_000_000);
    }
    try {
      Files.writeString(Path.of("/proc/sys/user/max_inotify_instances"), "64\n");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void exhaust(Path directory) {
    Path want = directory.resolve("want");
    List<FileChannel> open = new ArrayList<>();
    while (true) {
      if (Files.exists(want)) {
        take(open);
        directory.resolve("full").toFile().mkdir(); // which needs no descriptor
      } else {
        for (FileChannel each : open) {
          try {
            each.close();
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        }
        open.clear();
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static void take(List<FileChannel> open) {
    try {
      while (true) {
        open.add(FileChannel.open(Path.of("/dev/null")));
      }
    } catch (IOException e) {
      // all are taken
    }
  }
}
