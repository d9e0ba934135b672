package gyre.examples;

import gyre.Fiber;
import gyre.Loop;
import gyre.file.File;
import gyre.file.Files;
import gyre.file.WatchOptions;
import gyre.file.Watcher;
import gyre.io.IoException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Prints the end of a file and what is added to it, and goes on with another of its name. */
public final class Follow {
  private final ByteBuffer buffer = ByteBuffer.allocate(65536);
  private File file;
  private long offset;

  private Follow(File file) {
    this.file = file;
    offset = Math.max(0, file.sizeBytes() - 1000);
  }

  public static void main(String[] arguments) {
    if (arguments.length != 1) {
      System.err.println("usage: follow FILE");
      System.exit(2);
    }
    try (Loop loop = Loop.open()) {
      System.exit(loop.runUntilShutdown(() -> follow(Path.of(arguments[0]))).code());
    } catch (IoException e) {
      System.err.println("follow: " + e.getMessage());
      System.exit(1);
    }
  }

  private static void follow(Path name) throws Exception {
    Follow follow = new Follow(File.open(name));
    Path path = Fiber.offload(name::toRealPath); // changes are told of the file, not of a link
    WatchOptions onlyThis = WatchOptions.defaults().exclude(each -> !each.equals(path));
    try (Watcher watcher = Watcher.open(path.resolve("..").normalize(), onlyThis)) {
      while (true) {
        follow.look(path);
        watcher.next(); // whatever it was: what counts is how things stand now
      }
    } finally {
      follow.file.close();
    }
  }

  private void look(Path path) throws Exception {
    copy();
    try {
      if (!Files.info(path).isSameFile(file.info())) {
        File old = file;
        file = File.open(path);
        old.close();
        offset = 0;
      }
    } catch (IoException e) {
      return; // it is gone, and may come back
    }
    copy();
  }

  private void copy() throws Exception {
    offset = file.sizeBytes() < offset ? 0 : offset;
    while (file.read(buffer.clear(), offset) > 0) {
      offset += buffer.position();
      if (Fiber.offload(this::print)) { // where a slow reader does not hold up the loop
        Loop.current().forceShutdown(); // there is no reader any more
      }
    }
  }

  private boolean print() {
    System.out.write(buffer.array(), 0, buffer.position());
    return System.out.checkError();
  }
}
