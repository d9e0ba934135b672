package gyre.insight;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * One question at the socket of a process, and its answer, line by line.
 *
 * <p>Who is there need not be alive: a process that is stopped lets clients connect, as the kernel
 * does that for it. So nothing here waits without a limit. And an answer that is cut off must not
 * look like a short one: a complete one says so with its last line.
 */
final class ControlClient {
  /** The last line of an answer that is all there is. */
  static final String COMPLETE = "\u0004complete";

  /** What begins the only line of an answer that is none. */
  static final String REFUSED = "\u0004refused ";

  /** Says that there is nothing to say. */
  static final String ALIVE = "\u0004";

  /** The longest line is that of all stalls, with all stacks. */
  private static final int LINE_BYTES_MAX = 16 << 20;

  private static final int BUFFER_BYTES = 1 << 16;

  private final Path path;
  private final Duration patience;
  private final Consumer<String> lines;
  private final ByteArrayOutputStream rest = new ByteArrayOutputStream();
  private boolean isComplete;

  private ControlClient(Path path, Duration patience, Consumer<String> lines) {
    this.path = path;
    this.patience = patience;
    this.lines = lines;
  }

  /**
   * Returns when the answer is complete.
   *
   * @param patience for how long nothing may come
   * @throws IOException if it does not answer, not to the end, or says that it will not
   */
  static void ask(Path path, String question, Duration patience, Consumer<String> lines)
      throws IOException {
    new ControlClient(path, patience, lines).ask(question);
  }

  private void ask(String question) throws IOException {
    try (Selector selector = Selector.open();
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.configureBlocking(false);
      if (!channel.connect(UnixDomainSocketAddress.of(path))) {
        throw new IOException(path + " does not answer: too many ask it already");
      }
      send(channel, question);
      SelectionKey ignored = channel.register(selector, SelectionKey.OP_READ);
      read(channel, selector);
    }
    if (!isComplete) {
      throw new IOException(
          path
              + " did not answer to the end: the process has ended, is short of memory, or is of"
              + " another release");
    }
  }

  private void send(SocketChannel channel, String question) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((question + "\n").getBytes(StandardCharsets.UTF_8));
    try {
      while (bytes.hasRemaining()) {
        if (channel.write(bytes) == 0) {
          throw silent();
        }
      }
    } catch (IOException e) {
      // One that refuses everybody may have done so already: then that can be read.
      StallLog.LOGGER.log(System.Logger.Level.DEBUG, "a question could not be sent", e);
    }
  }

  private void read(SocketChannel channel, Selector selector) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    while (!isComplete) {
      int count = channel.read(buffer);
      if (count < 0) {
        return;
      }
      if (count == 0) {
        await(selector);
      } else {
        take(buffer.flip());
        buffer.clear();
      }
    }
  }

  private void await(Selector selector) throws IOException {
    long deadlineNanos = System.nanoTime() + patience.toNanos();
    for (int ready = 0; ready == 0; ) {
      long millis = (deadlineNanos - System.nanoTime()) / 1_000_000;
      if (millis <= 0) {
        throw silent();
      }
      ready = selector.select(millis);
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("interrupted while waiting for " + path);
      }
    }
    selector.selectedKeys().clear();
  }

  private IOException silent() {
    return new IOException(
        path
            + " does not answer for "
            + patience.toSeconds()
            + " s: the process is stopped, swaps, or is out of memory");
  }

  private void take(ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining() && !isComplete) {
      int start = buffer.position();
      int length = lengthOfLine(buffer);
      if (length > LINE_BYTES_MAX - rest.size()) {
        throw new IOException(path + " answers with an endless line");
      }
      rest.write(buffer.array(), buffer.arrayOffset() + start, length);
      buffer.position(start + length);
      if (buffer.hasRemaining()) { // the end of this line
        buffer.position(start + length + 1);
        String line = rest.toString(StandardCharsets.UTF_8);
        rest.reset();
        told(line);
      }
    }
  }

  /** How many bytes stand before the next end of a line, or before the end of the buffer. */
  private static int lengthOfLine(ByteBuffer buffer) {
    int at = buffer.position();
    while (at < buffer.limit() && buffer.get(at) != '\n') {
      at++;
    }
    return at - buffer.position();
  }

  private void told(String line) throws IOException {
    if (line.startsWith(REFUSED)) {
      throw new IOException(path + " refuses: " + Printable.of(line.substring(REFUSED.length())));
    }
    if (line.equals(COMPLETE)) {
      isComplete = true;
    } else if (!line.equals(ALIVE)) {
      lines.accept(Printable.of(line));
    }
  }
}
