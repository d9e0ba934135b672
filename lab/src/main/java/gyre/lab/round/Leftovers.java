package gyre.lab.round;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * What a command has left running. It would go on beside whoever is measured next, and one that
 * makes the base slower is one that makes itself faster. All that a command starts, in whatever
 * session, has inherited a word that nobody else has in his environment.
 */
final class Leftovers {
  private static final String VARIABLE = "GYRE_ROUND_COMMAND";
  private static final int LOOKS = 100;
  private static final int PAUSE_MILLIS = 10;

  private final String word = UUID.randomUUID().toString();
  private final String entry = VARIABLE + "=" + word;
  private final Path processes;

  /** Those that have been without an environment before, and are none of the command's. */
  private final Set<Path> known;

  Leftovers() {
    this(Path.of("/proc"));
  }

  Leftovers(Path processes) {
    this.processes = processes;
    this.known = Set.copyOf(look().unknown);
  }

  /** What is there at one time. */
  private static final class Look {
    private final List<ProcessHandle> left = new ArrayList<>();
    private final Set<Path> unknown = new HashSet<>();
  }

  /** An environment by which all that is started with it is known. */
  Map<String, String> marked(Map<String, String> environment) {
    Map<String, String> marked = new HashMap<>(environment);
    marked.put(VARIABLE, word);
    return marked;
  }

  /**
   * Kills them, and answers true when two looks in a row have found none: one that is started
   * during a look may be missed by it. What does not go within a second is a zombie: then it
   * answers false.
   */
  boolean kill() {
    int calm = 0;
    for (int i = 0; i < LOOKS; i++) {
      Look look = look();
      boolean isCalm = look.left.isEmpty() && known.containsAll(look.unknown);
      calm = isCalm ? calm + 1 : 0;
      if (calm == 2) {
        return true;
      }
      look.left.forEach(ProcessHandle::destroyForcibly);
      try {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return false;
  }

  /** Sees nothing where there is no {@code /proc}. */
  private Look look() {
    Look look = new Look();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(processes, "[0-9]*")) {
      for (Path folder : folders) {
        String environment = environment(folder);
        if (environment.contains(entry)) {
          ProcessHandle.of(Long.parseLong(String.valueOf(folder.getFileName())))
              .ifPresent(look.left::add);
        } else if (environment.isEmpty() && hasProgram(folder)) {
          look.unknown.add(folder);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return look;
    }
    return look;
  }

  /**
   * Empty of other users' processes, of zombies, and of what has ended; and for a moment of one
   * that turns into another program, between two environments.
   */
  private static String environment(Path folder) {
    try {
      return new String(Files.readAllBytes(folder.resolve("environ")), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  /** Not so for zombies, threads of the kernel, and other users' processes. */
  private static boolean hasProgram(Path folder) {
    try {
      return !Files.readSymbolicLink(folder.resolve("exe")).toString().isEmpty();
    } catch (IOException e) {
      return false;
    }
  }
}
