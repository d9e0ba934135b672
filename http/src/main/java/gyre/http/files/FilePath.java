package gyre.http.files;

import org.jspecify.annotations.Nullable;

/**
 * A path of a request, decoded once, as a path below the directory. What the kernel opens stays
 * below the directory whatever this lets through; this refuses what nobody means.
 */
final class FilePath {
  private FilePath() {}

  /**
   * Takes one without a slash in front; null if nothing is served by such a path: one with empty
   * names, {@code .}, {@code ..}, control characters, or names that are hidden.
   */
  static @Nullable String of(String path, boolean hidden) {
    int from = 0;
    while (from < path.length()) {
      int slash = path.indexOf('/', from);
      int to = slash < 0 ? path.length() : slash;
      if (!isName(path, from, to, hidden)) {
        return null;
      }
      from = to + 1;
    }
    return path;
  }

  private static boolean isName(String path, int from, int to, boolean hidden) {
    if (from == to) {
      return false;
    }
    if (path.charAt(from) == '.') {
      boolean isSelfOrParent = to - from == 1 || (to - from == 2 && path.charAt(from + 1) == '.');
      if (!hidden || isSelfOrParent) {
        return false;
      }
    }
    for (int i = from; i < to; i++) {
      char at = path.charAt(i);
      if (at < 0x20 || at == 0x7F || at == '\\') { // a separator to those behind some proxies
        return false;
      }
    }
    return true;
  }
}
