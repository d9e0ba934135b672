package gyre.examples;

import gyre.Fiber;
import gyre.Loop;
import gyre.ShutdownOptions;
import gyre.Source;
import gyre.file.DirectoryListing;
import gyre.file.FileInfo;
import gyre.file.FileType;
import gyre.file.Files;
import gyre.io.IoException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;

/** Copies what is new or newer in a tree, four files at a time. Nothing is deleted. */
public final class Mirror {
  private final ArrayList<Fiber<?>> copies = new ArrayList<>();
  private int copied;
  private int failed;

  public static void main(String[] arguments) {
    Path from = Path.of(arguments.length == 2 ? arguments[0] : "").toAbsolutePath().normalize();
    Path to = Path.of(arguments.length == 2 ? arguments[1] : "").toAbsolutePath().normalize();
    if (to.startsWith(from)) {
      System.err.println("usage: mirror FROM TO, where TO is not FROM or inside of it");
      System.exit(2);
    }
    Mirror mirror = new Mirror();
    try (Loop loop = Loop.open()) {
      int code = loop.runUntilShutdown(ShutdownOptions.atOnce(), () -> mirror.run(from, to)).code();
      System.exit(mirror.failed > 0 ? 1 : code);
    }
  }

  private void run(Path from, Path to) {
    Runnable report = () -> System.err.printf("\r%d copied, %d failed", copied, failed);
    Loop.current().every(Duration.ofMillis(200), report).background(true);
    attempt(() -> entry(from, to));
    copies.forEach(Fiber::join);
    report.run();
    System.err.println();
  }

  private void entry(Path from, Path to) {
    FileInfo info = Files.linkInfo(from);
    if (info.isDirectory()) {
      Files.createDirectories(to);
      try (DirectoryListing names = Files.list(from)) {
        names.forEach(it -> attempt(() -> entry(from.resolve(it.name()), to.resolve(it.name()))));
      }
    } else if (info.type() == FileType.SYMBOLIC_LINK) {
      Files.deleteIfExists(to);
      Files.createSymbolicLink(to, Files.readSymbolicLink(from));
    } else if (!Files.exists(to) || Files.info(to).modified().isBefore(info.modified())) {
      if (copies.size() == 4) {
        Fiber.awaitFirst(copies.stream().map(Fiber::end).toArray(Source[]::new));
        copies.removeIf(copy -> !copy.isAlive());
      }
      copies.add(Fiber.start(() -> attempt(() -> copy(from, to))));
    }
  }

  private void copy(Path from, Path to) {
    Path part = Path.of(to + ".part"); // a crash leaves no half of a file at the name itself
    Files.copy(from, part);
    Files.rename(part, to);
    copied++;
  }

  private void attempt(Runnable task) {
    try {
      task.run();
    } catch (IoException e) {
      failed++; // the others are copied all the same
      System.err.println("\rmirror: " + e.getMessage());
    }
  }
}
