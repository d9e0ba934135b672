package gyre.lab.judge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Judges a program that tells what changes in a directory. */
public final class WatchJudge extends Judge {
  private static final Duration END_LIMIT = Duration.ofSeconds(20);
  private static final int MANY = 500;

  public WatchJudge(Subject subject) {
    super(subject);
    promise("tells of files that are created, written, moved and deleted", this::files);
    promise("tells of what is below, and of directories that come later", this::below);
    promise("tells of each of " + MANY + " files in a new directory", this::many);
    promise("tells of a directory that moves, and of what happens in it then", this::moved);
    promise("tells what is in a directory that has come in the place of another", this::replaced);
    promise("keeps a name with a line feed on one line", this::lineFeed);
    promise("ends with 0 at SIGTERM", this::ending);
    promise("ends quietly when nobody reads it any more", this::unread);
    promise("explains wrong arguments, and exits with 2", this::wrongArguments);
  }

  private interface Work {
    void in(Path directory, JudgedProgram program) throws IOException, InterruptedException;
  }

  private void watching(Work work) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("judge");
    Files.createDirectories(directory.resolve("old/deep"));
    try (JudgedProgram program = JudgedProgram.start(subject, directory.toString())) {
      program.await("watching " + directory);
      work.in(directory, program);
    } finally {
      delete(directory);
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private void files() throws IOException, InterruptedException {
    watching((directory, program) -> {
      Path file = directory.resolve("a");
      Files.createFile(file);
      program.await("created a");
      Files.writeString(file, "something");
      program.await("written a");
      Files.move(file, directory.resolve("b"));
      program.await("moved a to b");
      Files.writeString(directory.resolve("b"), "more", StandardOpenOption.APPEND);
      program.await("written b");
      Files.delete(directory.resolve("b"));
      program.await("deleted b");
    });
  }

  private void below() throws IOException, InterruptedException {
    watching((directory, program) -> {
      Files.writeString(directory.resolve("old/deep/x"), "x");
      program.await("created old/deep/x");
      Files.createDirectory(directory.resolve("new"));
      program.await("created new");
      Files.createDirectory(directory.resolve("new/er"));
      program.await("created new/er");
      Files.writeString(directory.resolve("new/er/y"), "y");
      program.await("created new/er/y");
    });
  }

  /** Made at once with it: whoever watches first and looks then misses none. */
  private void many() throws IOException, InterruptedException {
    watching((directory, program) -> {
      Path made = Files.createDirectory(directory.resolve("made"));
      Set<String> expected = new HashSet<>();
      for (int i = 0; i < MANY; i++) {
        Files.createFile(made.resolve("f" + i));
        expected.add("created made/f" + i);
      }
      while (!expected.isEmpty()) {
        expected.remove(program.line());
      }
    });
  }

  private void moved() throws IOException, InterruptedException {
    watching((directory, program) -> {
      Files.move(directory.resolve("old"), directory.resolve("older"));
      program.await("moved old to older");
      Files.createFile(directory.resolve("older/deep/z"));
      program.await("created older/deep/z");
    });
  }

  /** From outside, so that no event tells of its old name. */
  private void replaced() throws IOException, InterruptedException {
    watching((directory, program) -> {
      Path place = Files.createDirectory(directory.resolve("place"));
      program.await("created place");
      Path other = Files.createTempDirectory("judge");
      Files.createFile(other.resolve("was-there"));
      Files.move(other, place, StandardCopyOption.ATOMIC_MOVE);
      program.await("created place/was-there");
      Files.createFile(place.resolve("later"));
      program.await("created place/later");
    });
  }

  private void lineFeed() throws IOException, InterruptedException {
    watching((directory, program) -> {
      Files.createFile(directory.resolve("one\ntwo\\"));
      program.await("created one\\ntwo\\\\");
    });
  }

  private void ending() throws IOException, InterruptedException {
    watching((directory, program) -> {
      Files.createFile(directory.resolve("last"));
      program.await("created last");
      program.terminate();
      int code = program.await(END_LIMIT);
      check(code == 0, "it exited with " + code);
    });
  }

  private void unread() throws IOException, InterruptedException {
    watching((directory, program) -> {
      program.stopReading();
      Files.createFile(directory.resolve("unread"));
      endedQuietly(program);
    });
  }

  private void wrongArguments() throws IOException, InterruptedException {
    for (List<String> wrong : List.of(List.<String>of(), List.of("/no/such/directory"))) {
      try (JudgedProgram program = JudgedProgram.start(subject, wrong.toArray(String[]::new))) {
        int code = program.await(END_LIMIT);
        check(code == 2, wrong + " made it exit with " + code);
      }
    }
  }
}
