package gyre.file;

import gyre.Loops;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Watches under low limits, and file systems that go: in the namespace of {@link WatchLimitTest}.
 */
@SuppressWarnings("SystemOut") // what the test reads
final class WatchLimitProgram {
  private WatchLimitProgram() {}

  public static void main(String[] arguments) throws IOException {
    Path root = Path.of(arguments[2]);
    WatchOptions deep = WatchOptions.defaults().recursive(true);
    Loops.run(
        arguments[0],
        () -> {
          switch (arguments[1]) {
            case "open" -> open(root, deep);
            case "later" -> later(root, deep);
            case "poll" -> poll(root, deep);
            case "pollLater" -> pollLater(root, deep);
            case "unmount" -> unmount(root, deep);
            default -> throw new IllegalArgumentException(arguments[1]);
          }
        });
  }

  private static void open(Path root, WatchOptions options) {
    try (Watcher watcher = Watcher.open(root, options)) {
      System.out.println("opened " + watcher.directory());
    } catch (WatchException e) {
      System.out.println(e.getMessage());
    }
  }

  private static WatchOptions polling(WatchOptions options) {
    return options.pollAtLimit(true).pollInterval(Duration.ofMillis(10));
  }

  private static void poll(Path root, WatchOptions options) throws IOException {
    try (Watcher watcher = Watcher.open(root, polling(options))) {
      System.out.println(watcher.next());
      follow(watcher, root);
    }
  }

  private static void pollLater(Path root, WatchOptions options) throws IOException {
    try (Watcher watcher = Watcher.open(root, polling(options))) {
      WatchModel model = WatchModel.of(root);
      for (int i = 0; i < 10; i++) {
        Files.createDirectory(root.resolve("more" + i));
      }
      System.out.println(model.await(watcher, WatchEvent.Degraded.class));
      model.follow(watcher, root);
      follow(watcher, root);
    }
  }

  /** It goes on to tell, at the top and below. */
  private static void follow(Watcher watcher, Path root) throws IOException {
    WatchModel model = WatchModel.of(root);
    Files.writeString(Files.createDirectory(root.resolve("made")).resolve("file"), "x");
    model.follow(watcher, root);
    Files.delete(root.resolve("made/file"));
    model.follow(watcher, root);
    System.out.println("told");
  }

  private static void later(Path root, WatchOptions options) throws IOException {
    try (Watcher watcher = Watcher.open(root, options)) {
      for (int i = 0; i < 10; i++) {
        Files.createDirectory(root.resolve("more" + i));
      }
      while (true) {
        if (watcher.next() instanceof WatchEvent.Lost lost) {
          System.out.println(lost.reason() + " " + lost.detail());
          return;
        }
      }
    }
  }

  private static void unmount(Path root, WatchOptions options) throws Exception {
    try (Watcher watcher = Watcher.open(root, options)) {
      int code = new ProcessBuilder("umount", root.toString()).inheritIO().start().waitFor();
      System.out.println("umount " + code);
      System.out.println(watcher.next());
      System.out.println(watcher.next());
      Files.createDirectory(root.resolve("below"));
      System.out.println(watcher.next());
    }
  }
}
