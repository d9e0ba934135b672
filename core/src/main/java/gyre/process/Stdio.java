package gyre.process;

import java.nio.file.Path;

/** What a child process has for its input, its output or its errors. */
public sealed interface Stdio {
  /** A stream of this program: {@link ChildProcess#stdin} and so on. */
  Stdio PIPE = new Plain("pipe");

  /** Nothing to read; what is written is dropped. */
  Stdio NULL = new Plain("null");

  /** What this program has there itself. */
  Stdio INHERIT = new Plain("inherit");

  /** Of errors: the same as the output. */
  Stdio MERGE = new Plain("merge");

  /** A pseudo-terminal, whose other side is {@link ChildProcess#terminal}. */
  Stdio TERMINAL = new Plain("terminal");

  /**
   * A file, which is read from its beginning, or made anew. A FIFO is not waited for: one that
   * nobody writes to is at its end, and one that nobody reads from is refused with {@code ENXIO}.
   */
  static Stdio file(Path path) {
    return new OfFile(path, false);
  }

  /** A file, which is made if it is missing, and written to at its end. */
  static Stdio append(Path path) {
    return new OfFile(path, true);
  }

  /** One of the constants. */
  record Plain(String name) implements Stdio {
    @Override
    public String toString() {
      return name;
    }
  }

  /** See {@link #file} and {@link #append}. */
  record OfFile(Path path, boolean isAppending) implements Stdio {
    @Override
    public String toString() {
      return path.toString();
    }
  }
}
