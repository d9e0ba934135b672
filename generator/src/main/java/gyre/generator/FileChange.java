package gyre.generator;

import java.nio.file.Path;

/**
 * What becomes of one file of a project.
 *
 * @param path below the directory of the project
 * @param diff what would change, as {@code diff -u} prints it; empty unless it {@link Kind#DIFFERS}
 */
public record FileChange(Path path, Kind kind, String diff) {
  /** Against what is there. */
  public enum Kind {
    /** There is no such file. */
    NEW,
    /** It is there as it would be written. */
    SAME,
    /** It is there, and says something else. */
    DIFFERS
  }
}
