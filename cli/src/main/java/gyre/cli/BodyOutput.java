package gyre.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Where the body of an answer goes. A file is opened before anything is asked, so that one that
 * can't be written is known by then, but keeps what it has until there is an answer.
 */
final class BodyOutput extends OutputStream {
  private final OutputStream target;
  private final String name;

  /** Whose old content has still to go; else null. */
  private @Nullable FileChannel old;

  private BodyOutput(OutputStream target, String name, @Nullable FileChannel old) {
    this.target = target;
    this.name = name;
    this.old = old;
  }

  static BodyOutput standard() {
    return new BodyOutput(new FileOutputStream(FileDescriptor.out), "the standard output", null);
  }

  static BodyOutput of(Path file) throws IOException {
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileChannel old = Files.isRegularFile(file) ? channel : null; // pipes keep nothing
      return new BodyOutput(Channels.newOutputStream(channel), file.toString(), old);
    } catch (NoSuchFileException e) {
      throw new IOException("--output: there is no directory for " + file, e);
    } catch (IOException e) {
      throw new IOException("--output: can't write to " + file + ": " + e, e);
    }
  }

  /** There is an answer, and an empty body is one too. */
  void begin() throws IOException {
    FileChannel channel = old;
    if (channel != null) {
      old = null;
      channel.truncate(0);
    }
  }

  @Override
  public void write(int octet) throws IOException {
    write(new byte[] {(byte) octet}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int count) throws IOException {
    try {
      begin();
      target.write(bytes, from, count);
    } catch (IOException e) {
      throw new IOException("write what was received to " + name + ": " + e.getMessage(), e);
    }
  }

  /** The standard output is not ours to close. */
  @Override
  public void close() throws IOException {
    if (!(target instanceof FileOutputStream)) {
      target.close();
    }
  }
}
