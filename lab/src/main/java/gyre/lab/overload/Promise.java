package gyre.lab.overload;

/**
 * Something that {@code docs/guide/limits.md} promises.
 *
 * @param found the figure that says whether it was kept
 */
public record Promise(String text, boolean isKept, String found) {
  @Override
  public String toString() {
    return (isKept ? "kept    " : "BROKEN  ") + text + ": " + found;
  }
}
