package gyre.lab.judge;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Runs the commands that build a project. */
final class Steps {
  private Steps() {}

  /**
   * Whether all succeed; stops at the first that does not.
   *
   * @param told what that one has printed, line by line
   */
  static boolean run(Path directory, List<List<String>> steps, Consumer<String> told)
      throws InterruptedException {
    for (List<String> step : steps) {
      if (!isDone(directory, step, told)) {
        told.accept(String.join(" ", step) + " failed in " + directory);
        return false;
      }
    }
    return true;
  }

  private static boolean isDone(Path directory, List<String> step, Consumer<String> told)
      throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(step).directory(directory.toFile()).redirectErrorStream(true).start();
      process.getOutputStream().close();
      List<String> lines = process.inputReader().lines().toList();
      boolean isDone = process.waitFor() == 0;
      if (!isDone) {
        lines.forEach(told);
      }
      return isDone;
    } catch (IOException e) {
      told.accept(String.valueOf(e.getMessage()));
      return false;
    }
  }
}
