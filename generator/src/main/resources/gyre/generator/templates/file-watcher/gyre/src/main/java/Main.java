import gyre.Fiber;
import gyre.Loop;
import gyre.ShutdownOptions;
import gyre.Source;
import gyre.file.WatchOptions;
import gyre.file.Watcher;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.process.StandardStreams;
import java.nio.file.Files;
import java.nio.file.Path;

/** {{name}}: tells what changes in a directory and below it, on Gyre. */
final class Main {
  private static final String USAGE = "usage: {{name}} DIRECTORY";
  private static final int EPIPE = 32;

  private Main() {}

  public static void main(String[] arguments) {
    if (arguments.length == 1 && arguments[0].equals("--help")) {
      System.out.println(USAGE);
      System.exit(0);
    }
    if (arguments.length != 1 || !Files.isDirectory(Path.of(arguments[0]))) {
      System.err.println(
          "{{name}}: " + String.join(" ", arguments) + " is no directory; " + USAGE);
      System.exit(2);
    }
    Path directory = Path.of(arguments[0]);
    int status;
    try (Loop loop = Loop.open()) {
      status = loop.runUntilShutdown(ShutdownOptions.defaults(), () -> watch(directory)).code();
    } catch (IoException e) {
      System.err.println("{{name}}: " + e.getMessage()); // of limits it says how to raise them
      status = 1;
    }
    System.exit(status);
  }

  private static void watch(Path directory) {
    Lines lines = new Lines(directory);
    try (ByteStream out = StandardStreams.output();
        Watcher watcher = Watcher.open(directory, WatchOptions.defaults().recursive(true))) {
      out.write("watching " + directory + "\n");
      out.flush();
      Source stopping = Loop.current().stopping();
      while (Fiber.awaitFirst(stopping, watcher.changed()) != stopping) {
        watcher.poll().ifPresent(event -> out.write(lines.of(event) + "\n"));
        out.flush(); // parks while the reader is slow, and throws when there is none
      }
    } catch (IoException e) {
      if (e.errno() != EPIPE) {
        throw e;
      }
      // Whoever has read, as head does, has what it wanted.
    }
  }
}
