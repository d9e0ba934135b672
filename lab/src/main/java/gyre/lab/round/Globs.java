package gyre.lab.round;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;

/** Patterns of paths below one folder, as {@code src/**} or {@code include/*.h}. */
final class Globs {
  private final List<String> patterns;
  private final List<PathMatcher> matchers;

  Globs(List<String> patterns) {
    this.patterns = List.copyOf(patterns);
    this.matchers =
        patterns.stream().map(p -> FileSystems.getDefault().getPathMatcher("glob:" + p)).toList();
  }

  boolean matches(Path relative) {
    return matchers.stream().anyMatch(matcher -> matcher.matches(relative));
  }

  boolean isEmpty() {
    return patterns.isEmpty();
  }

  @Override
  public String toString() {
    return String.join(", ", patterns);
  }
}
