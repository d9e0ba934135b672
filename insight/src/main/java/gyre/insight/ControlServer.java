package gyre.insight;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The socket {@code /tmp/gyre-USER/PID.sock} at which a process answers questions about its loops.
 * The watchdog's thread serves it, between two looks, so that it answers also when all loops are
 * stuck. No client can hold it up: nothing here waits for one.
 *
 * <p>A client sends one line and gets the answer, whose last line says that it is complete; see
 * {@link ControlClient}.
 */
final class ControlServer {
  private static final int CLIENTS_MAX = 16;
  private static final int QUESTION_BYTES_MAX = 4096;

  /** A single piece of an answer that is too much for one who has taken nothing yet. */
  private static final int PENDING_BYTES_MAX = 64 << 20;

  private static final int ROOM_BYTES = 1 << 20;

  /** Who asks nothing for so long loses the connection. */
  private static final long ASK_LIMIT_NANOS = 10_000_000_000L;

  /** Who takes nothing for so long as well: somebody may be reading a page of it. */
  private static final long TAKE_LIMIT_NANOS = 60_000_000_000L;

  /** How often nobody is accepted after that failed. */
  private static final long ACCEPT_PAUSE_NANOS = 1_000_000_000L;

  private final Function<String, Answer> answers;
  private final Selector selector;
  private final @Nullable ServerSocketChannel listener;
  private final @Nullable SelectionKey listening;

  /** A descriptor that is let go for a client where the process has none left. */
  private @Nullable FileChannel spare;

  private long acceptAgainNanos;
  private int clients;

  private ControlServer(Function<String, Answer> answers, Selector selector, @Nullable Path path) {
    this.answers = answers;
    this.selector = selector;
    this.listener = path == null ? null : listen(path);
    this.listening = listener == null ? null : register(listener);
    this.spare = listener == null ? null : spare();
  }

  /**
   * @param path null where there is to be no socket: then it only waits
   */
  static ControlServer open(Function<String, Answer> answers, @Nullable Path path)
      throws IOException {
    return new ControlServer(answers, Selector.open(), path);
  }

  private static @Nullable ServerSocketChannel listen(Path path) {
    ServerSocketChannel opened = null;
    try {
      boolean ignored = Files.deleteIfExists(path);
      opened = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      opened.bind(UnixDomainSocketAddress.of(path));
      // Nobody else can enter the directory meanwhile.
      Path _ = Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
      opened.configureBlocking(false);
      return opened;
    } catch (IOException | UnsupportedOperationException e) {
      StallLog.LOGGER.log(
          System.Logger.Level.WARNING,
          "no answers for gyre dump and trace: cannot listen at " + path + ": " + e);
      close(opened);
      return null;
    }
  }

  private @Nullable SelectionKey register(ServerSocketChannel open) {
    try {
      return open.register(selector, SelectionKey.OP_ACCEPT);
    } catch (ClosedChannelException e) {
      return null;
    }
  }

  private static @Nullable FileChannel spare() {
    try {
      return FileChannel.open(Path.of("/dev/null"), StandardOpenOption.READ);
    } catch (IOException | UnsupportedOperationException e) {
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

  /** Whether it is to be called soon, though nothing becomes ready. */
  boolean hasClients() {
    return clients > 0 || acceptAgainNanos != 0;
  }

  /** Serves who is there. Whether somebody wants to be served again soon. */
  boolean work() {
    long now = System.nanoTime();
    Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
    while (ready.hasNext()) {
      SelectionKey key = ready.next();
      ready.remove();
      if (key.isValid() && key.isAcceptable()) {
        accept(key, now);
      }
    }
    acceptAgain(now);
    boolean isBusy = false;
    for (SelectionKey key : selector.keys()) {
      if (key.isValid() && key.attachment() instanceof Client client) {
        isBusy |= client.work(key, now);
      }
    }
    return isBusy;
  }

  /** Where all descriptors are used up, the spare one serves a client at a time. */
  private void accept(SelectionKey key, long now) {
    ServerSocketChannel open = listener;
    if (open == null) {
      return;
    }
    try {
      accepted(open.accept(), now);
    } catch (IOException e) {
      FileChannel reserve = spare;
      spare = null;
      close(reserve);
      try {
        accepted(open.accept(), now);
      } catch (IOException again) {
        StallLog.LOGGER.log(System.Logger.Level.DEBUG, "a client could not be accepted", again);
        // It stays in the backlog: else each wait would end at once.
        key.interestOps(0);
        acceptAgainNanos = now + ACCEPT_PAUSE_NANOS;
      }
    }
  }

  private void acceptAgain(long now) {
    SelectionKey key = listening;
    if (key != null && acceptAgainNanos != 0 && now - acceptAgainNanos >= 0) {
      acceptAgainNanos = 0;
      key.interestOps(SelectionKey.OP_ACCEPT);
    }
  }

  private void accepted(@Nullable SocketChannel channel, long now) throws IOException {
    if (channel == null) {
      return;
    }
    channel.configureBlocking(false);
    Client client = new Client(channel, now);
    SelectionKey ignored = channel.register(selector, SelectionKey.OP_READ, client);
    clients++;
    if (clients > CLIENTS_MAX) {
      client.refuse(CLIENTS_MAX + " ask already; try again");
    }
  }

  /** One question and its answer. */
  private final class Client implements Answer.Output {
    private final SocketChannel channel;
    private final ByteBuffer question = ByteBuffer.allocate(QUESTION_BYTES_MAX);
    private final ArrayDeque<ByteBuffer> pending = new ArrayDeque<>();
    private long pendingBytes;
    private long progressNanos;
    private @Nullable Answer answer;
    private boolean isComplete;

    Client(SocketChannel channel, long now) {
      this.channel = channel;
      this.progressNanos = now;
    }

    /** Whether it wants to be served again soon. */
    boolean work(SelectionKey key, long now) {
      try {
        if (answer == null && !isComplete) {
          ask(now);
        } else if (!isComplete && hasRoom()) {
          answer();
        }
        flush(now);
        if (isComplete && pending.isEmpty()) {
          end(key);
          return false;
        }
        boolean isAsked = answer != null || isComplete;
        if (now - progressNanos > limitNanos(isAsked)) {
          throw new IOException("the client asks nothing, or does not take its answer");
        }
        key.interestOps(
            !isAsked ? SelectionKey.OP_READ : pending.isEmpty() ? 0 : SelectionKey.OP_WRITE);
        return answer != null && !isComplete;
      } catch (Throwable e) {
        // Whatever it is, memory that is short for instance, it is this client's alone.
        StallLog.LOGGER.log(System.Logger.Level.DEBUG, "a question of insight failed", e);
        end(key);
        return false;
      }
    }

    private long limitNanos(boolean isAsked) {
      return !isAsked ? ASK_LIMIT_NANOS : pending.isEmpty() ? Long.MAX_VALUE : TAKE_LIMIT_NANOS;
    }

    /** The end of what a client says is no end of its listening. */
    private void ask(long now) throws IOException {
      int count = channel.read(question);
      int length = question.position();
      boolean isWhole = length > 0 && question.get(length - 1) == '\n';
      if (isWhole) {
        String line = new String(question.array(), 0, length - 1, StandardCharsets.UTF_8);
        answer = answers.apply(line);
        progressNanos = now;
        answer();
      } else if (count < 0 || !question.hasRemaining()) {
        throw new IOException("no question, or too long a one");
      }
    }

    private void answer() {
      Answer present = answer;
      assert present != null : "it has been asked";
      isComplete = present.work(this);
      if (isComplete) {
        write(ControlClient.COMPLETE + "\n");
      }
    }

    void refuse(String why) {
      write(ControlClient.REFUSED + why + "\n");
      isComplete = true;
    }

    /** One that has gone is noticed here: what is written to it fails. */
    private void flush(long now) throws IOException {
      while (!pending.isEmpty()) {
        ByteBuffer first = pending.getFirst();
        int count = channel.write(first);
        pendingBytes -= count;
        progressNanos = count > 0 ? now : progressNanos;
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
      if (spare == null) {
        spare = spare();
      }
    }
  }
}
