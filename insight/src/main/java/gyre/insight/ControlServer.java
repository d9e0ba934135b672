package gyre.insight;

import gyre.probe.ProbeFile;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * The socket {@code /tmp/gyre-USER/PID.sock} at which a process answers questions about its loops.
 * The watchdog's thread serves it, between two looks, so that it answers also when all loops are
 * stuck. No client can hold it up: nothing here waits for one.
 *
 * <p>A client sends one line and gets the answer until the server closes.
 */
final class ControlServer {
  private static final int CLIENTS_MAX = 16;
  private static final int QUESTION_BYTES_MAX = 4096;

  /** What a client has not taken; who is slower loses the connection. */
  private static final int PENDING_BYTES_MAX = 16 << 20;

  private static final int ROOM_BYTES = 1 << 20;

  private final Answers answers;
  private final Selector selector;
  private final @Nullable ServerSocketChannel listener;
  private int clients;

  private ControlServer(
      Answers answers, Selector selector, @Nullable ServerSocketChannel listener) {
    this.answers = answers;
    this.selector = selector;
    this.listener = listener;
  }

  /** Where there can be no socket it only waits. */
  static ControlServer open(Answers answers) throws IOException {
    Selector selector = Selector.open();
    return new ControlServer(answers, selector, listen(selector));
  }

  private static @Nullable ServerSocketChannel listen(Selector selector) {
    if (ProbeFile.ofThisProcess() == null) {
      return null;
    }
    Path path = ProbeFile.socketOf(ProcessHandle.current().pid());
    ServerSocketChannel opened = null;
    try {
      boolean ignored = Files.deleteIfExists(path);
      opened = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      opened.bind(UnixDomainSocketAddress.of(path));
      // Nobody else can enter the directory meanwhile.
      Path _ = Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
      opened.configureBlocking(false);
      SelectionKey _ = opened.register(selector, SelectionKey.OP_ACCEPT);
      return opened;
    } catch (IOException | UnsupportedOperationException e) {
      StallLog.LOGGER.log(
          System.Logger.Level.WARNING,
          "no answers for gyre dump and trace: cannot listen at " + path + ": " + e);
      close(opened);
      return null;
    }
  }

  private static void close(@Nullable AutoCloseable closeable) {
    try {
      if (closeable != null) {
        closeable.close();
      }
    } catch (Exception e) {
      StallLog.LOGGER.log(System.Logger.Level.DEBUG, "close", e);
    }
  }

  /** Ends the present wait. From any thread. */
  void wake() {
    Selector ignored = selector.wakeup();
  }

  /** Waits for clients, at most so long; 0 is for ever. */
  void await(long millis) {
    try {
      int ignored = selector.select(millis);
    } catch (IOException | ClosedSelectorException e) {
      throw new IllegalStateException("the watchdog cannot wait for clients", e);
    }
  }

  /** Serves who is there. Whether somebody wants to be served again soon. */
  boolean work() {
    Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
    while (ready.hasNext()) {
      SelectionKey key = ready.next();
      ready.remove();
      if (key.isValid() && key.isAcceptable()) {
        accept();
      }
    }
    boolean isBusy = false;
    for (SelectionKey key : selector.keys()) {
      if (key.isValid() && key.attachment() instanceof Client client) {
        isBusy |= client.work(key);
      }
    }
    return isBusy;
  }

  private void accept() {
    ServerSocketChannel open = listener;
    if (open == null) {
      return;
    }
    try {
      SocketChannel channel = open.accept();
      if (channel == null) {
        return;
      }
      if (clients >= CLIENTS_MAX) {
        channel.close();
        return;
      }
      channel.configureBlocking(false);
      clients++;
      SelectionKey ignored = channel.register(selector, SelectionKey.OP_READ, new Client(channel));
    } catch (IOException e) {
      StallLog.LOGGER.log(System.Logger.Level.DEBUG, "a client could not be accepted", e);
    }
  }

  /** One question and its answer. */
  private final class Client implements Answer.Output {
    private final SocketChannel channel;
    private final ByteBuffer question = ByteBuffer.allocate(QUESTION_BYTES_MAX);
    private final ArrayDeque<ByteBuffer> pending = new ArrayDeque<>();
    private long pendingBytes;
    private @Nullable Answer answer;
    private boolean isComplete;

    Client(SocketChannel channel) {
      this.channel = channel;
    }

    /** Whether it wants to be served again soon. */
    boolean work(SelectionKey key) {
      try {
        if (answer == null) {
          ask();
        } else if (!isComplete) {
          isComplete = answer.work(this);
        }
        flush();
        if (isComplete && pending.isEmpty()) {
          end(key);
          return false;
        }
        key.interestOps(pending.isEmpty() ? SelectionKey.OP_READ : SelectionKey.OP_WRITE);
        if (answer != null && !isComplete && hasGone()) {
          end(key);
          return false;
        }
        return answer != null && !isComplete;
      } catch (IOException | RuntimeException e) {
        StallLog.LOGGER.log(System.Logger.Level.DEBUG, "a question of insight failed", e);
        end(key);
        return false;
      }
    }

    private void ask() throws IOException {
      int count = channel.read(question);
      int length = question.position();
      boolean isWhole = length > 0 && question.get(length - 1) == '\n';
      if (isWhole) {
        String line = new String(question.array(), 0, length - 1, StandardCharsets.UTF_8);
        answer = answers.to(line);
        isComplete = answer.work(this);
      } else if (count < 0 || !question.hasRemaining()) {
        throw new IOException("no question, or too long a one");
      }
    }

    private boolean hasGone() throws IOException {
      question.clear();
      return channel.read(question) < 0;
    }

    private void flush() throws IOException {
      while (!pending.isEmpty()) {
        ByteBuffer first = pending.getFirst();
        pendingBytes -= channel.write(first);
        if (first.hasRemaining()) {
          return;
        }
        pending.removeFirst();
      }
    }

    @Override
    public boolean hasRoom() {
      return pendingBytes < ROOM_BYTES;
    }

    @Override
    public void write(String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      pendingBytes += bytes.length;
      if (pendingBytes > PENDING_BYTES_MAX) {
        throw new IllegalStateException("the client does not take its answer");
      }
      pending.add(ByteBuffer.wrap(bytes));
    }

    private void end(SelectionKey key) {
      key.cancel();
      clients--;
      if (answer != null) {
        answer.close();
      }
      ControlServer.close(channel);
    }
  }
}
