package gyre.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** Lets what prints to a stream print to the writer of a command, line by line. */
final class LinesTo extends OutputStream {
  private static final int LINE_LIMIT = 64 * 1024;

  private final PrintWriter writer;
  private final java.io.ByteArrayOutputStream line = new java.io.ByteArrayOutputStream();

  private LinesTo(PrintWriter writer) {
    this.writer = writer;
  }

  static PrintStream writer(PrintWriter writer) {
    return new PrintStream(new LinesTo(writer), true, StandardCharsets.UTF_8);
  }

  @Override
  public void write(int value) {
    line.write(value);
    if (value == '\n' || line.size() >= LINE_LIMIT) {
      flushLine();
    }
  }

  private void flushLine() {
    writer.print(line.toString(StandardCharsets.UTF_8));
    writer.flush();
    line.reset();
  }

  @Override
  public void close() {
    flushLine();
  }
}
