import gyre.file.WatchEvent;
import java.nio.file.Path;

/** What is told of an event: a line, with paths below the directory. */
final class Lines {
  private final Path directory;

  Lines(Path directory) {
    this.directory = directory;
  }

  String of(WatchEvent event) {
    return switch (event) {
      case WatchEvent.Created created -> "created " + below(created.path());
      case WatchEvent.Written written -> "written " + below(written.path());
      case WatchEvent.Moved moved -> "moved " + below(moved.from()) + " to " + below(moved.path());
      case WatchEvent.Deleted deleted -> "deleted " + below(deleted.path());
      case WatchEvent.Overflowed overflowed -> "overflowed, comparing " + below(overflowed.path());
      case WatchEvent.Rescanned rescanned -> "compared " + below(rescanned.path());
      case WatchEvent.Lost lost -> "lost " + below(lost.path()) + ": " + lost.detail();
      case WatchEvent.Returned returned -> "returned " + below(returned.path());
      case WatchEvent.Degraded degraded -> "degraded: " + degraded.detail();
    };
  }

  /** A line feed in a name must not look like another line. */
  private String below(Path path) {
    Path relative = path.startsWith(directory) ? directory.relativize(path) : path;
    return relative.toString().replace("\\", "\\\\").replace("\n", "\\n");
  }
}
