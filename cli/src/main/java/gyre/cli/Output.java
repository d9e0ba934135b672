package gyre.cli;

import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What commands print to. {@code System.out} keeps failures to itself, so a command whose reader
 * has gone would print for ever, and one whose disk is full would end with 0.
 */
final class Output extends OutputStream {
  /** The system's words are all that tells; most of its languages have this one of them. */
  private static final Pattern UNWANTED = Pattern.compile("[Pp]ipe|Bad file descriptor");

  private final OutputStream target;
  private volatile @Nullable IOException failure;

  Output(OutputStream target) {
    this.target = target;
  }

  static Output standard() {
    return new Output(new FileOutputStream(FileDescriptor.out));
  }

  /** Its {@code checkError} is true after a failure. */
  PrintWriter writer(Charset charset) {
    return new PrintWriter(new BufferedWriter(new OutputStreamWriter(this, charset)), true);
  }

  /** What the user has to hear of; null also where nobody reads, or nothing is to be read. */
  @Nullable String complaint() {
    IOException known = failure;
    String reason = known == null ? "" : String.valueOf(known.getMessage());
    return known == null || UNWANTED.matcher(reason).find()
        ? null
        : "write to the standard output: " + reason;
  }

  @Override
  public void write(int octet) throws IOException {
    write(new byte[] {(byte) octet}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int count) throws IOException {
    try {
      target.write(bytes, from, count);
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }
}
