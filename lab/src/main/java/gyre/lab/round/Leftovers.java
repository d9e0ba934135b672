package gyre.lab.round;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * What a command has left running. It would go on beside whoever is measured next, and one that
 * makes the base slower is one that makes itself faster. All that a command starts, in whatever
 * session, has inherited a word that nobody else has in his environment.
 */
final class Leftovers {
  private static final String VARIABLE = "GYRE_ROUND_COMMAND";
  private static final int LOOKS = 50;
  private static final int PAUSE_MILLIS = 20;

  private final String word = UUID.randomUUID().toString();

  /** An environment by which all that is started with it is known. */
  Map<String, String> marked(Map<String, String> environment) {
    Map<String, String> marked = new HashMap<>(environment);
    marked.put(VARIABLE, word);
    return marked;
  }

  /** Kills them, and returns when they are gone; what does not go within a second is a zombie. */
  void kill() {
    for (int look = 0; look < LOOKS; look++) {
      List<ProcessHandle> left = find();
      if (left.isEmpty()) {
        return;
      }
      left.forEach(ProcessHandle::destroyForcibly);
      try {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** None where there is no {@code /proc}. */
  private List<ProcessHandle> find() {
    List<ProcessHandle> found = new ArrayList<>();
    String entry = VARIABLE + "=" + word;
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path folder : folders) {
        if (environment(folder).contains(entry)) {
          ProcessHandle.of(Long.parseLong(String.valueOf(folder.getFileName())))
              .ifPresent(found::add);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return found;
    }
    return found;
  }

  /** Empty of other users' processes, of zombies, and of what has ended. */
  private static String environment(Path folder) {
    try {
      return new String(Files.readAllBytes(folder.resolve("environ")), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }
}
