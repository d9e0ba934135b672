package gyre.examples;

import gyre.Fiber;
import gyre.Loop;
import gyre.file.WatchEvent;
import gyre.file.WatchOptions;
import gyre.file.Watcher;
import gyre.io.IoException;
import gyre.process.ChildProcess;
import gyre.process.Command;
import gyre.process.Stdio;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;

/**
 * Runs a command, and again whenever something changes in a directory or below; what still runs
 * then is ended first. Names that begin with a dot, {@code target} and {@code build} are left out,
 * so that a build does not begin the next one by what it writes there.
 */
public final class Rebuild {
  private Rebuild() {}

  public static void main(String[] arguments) {
    if (arguments.length < 2) {
      System.err.println("usage: rebuild DIRECTORY COMMAND [ARGUMENT]...");
      System.exit(2);
    }
    Path directory = Path.of(arguments[0]);
    Command command =
        Command.of(arguments[1], Arrays.copyOfRange(arguments, 2, arguments.length))
            .stdout(Stdio.INHERIT)
            .stderr(Stdio.INHERIT);
    int code = 1;
    try (Loop loop = Loop.open()) {
      code = loop.runUntilShutdown(() -> watch(directory, command)).code();
    } catch (IoException e) {
      System.err.println("rebuild: " + e.getMessage());
    }
    System.exit(code);
  }

  private static void watch(Path directory, Command command) {
    WatchOptions options =
        WatchOptions.defaults()
            .recursive(true)
            .exclude(path -> path.getFileName().toString().matches("\\..*|target|build"))
            .coalesce(Duration.ofMillis(100)); // an editor and a checkout change much at a time
    try (Watcher watcher = Watcher.open(directory, options)) {
      while (true) {
        try (ChildProcess child = command.start()) {
          Fiber.awaitFirst(child.end(), watcher.changed()); // a shutdown counts as a change
          if (child.exit().isPresent()) {
            say("ended with " + child.await().code());
            Fiber.await(watcher.changed());
          } else {
            child.terminate();
          }
        }
        say(takeAll(watcher) + " has changed");
      }
    }
  }

  /** One run is enough for all of them. If there is none, it is a shutdown, and this throws. */
  private static Path takeAll(Watcher watcher) {
    WatchEvent first = watcher.next();
    while (watcher.poll().isPresent()) {
      // and the next
    }
    return first.path();
  }

  private static void say(String what) {
    System.out.println("-- " + what);
  }
}
