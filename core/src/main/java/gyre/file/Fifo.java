package gyre.file;

import gyre.Cancellation;
import gyre.Fiber;
import gyre.Scope;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.engine.FileFlags;
import gyre.engine.FileOperation;
import gyre.engine.MakeFifo;
import gyre.engine.OpenFile;
import gyre.engine.StatFile;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.io.PipeOptions;
import gyre.spi.Internals;
import gyre.stream.DescriptorException;
import gyre.stream.DescriptorStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A pipe with a name in the file system, which programs that know nothing of each other can open.
 * Immutable; each method that takes a value gives a changed copy.
 *
 * <pre>{@code
 * Fifo requests = Fifo.at(path).keepOpen(true);
 * requests.create();
 * try (ByteStream in = requests.openReader()) {
 *   for (String line = in.readLine(1024); line != null; line = in.readLine(1024)) ...
 * }
 * }</pre>
 *
 * <p>Opening one never holds up the loop, also while nobody has the other end. A reader is there at
 * once, and its first read waits until somebody writes. A writer waits for a reader, looking again
 * and again, since the kernel does not tell of one. Writing after the last reader has gone is an
 * {@link IoException} with {@code EPIPE}.
 *
 * <p>On Linux, with io_uring and epoll.
 */
public final class Fifo {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(50);
  private static final int PERMISSIONS = 0600;
  private static final Charset CHARSET = charset();
  private static final int NONE = -1;

  private final Path path;
  private final boolean isKeptOpen;
  private final PipeOptions options;

  private Fifo(Path path, boolean isKeptOpen, PipeOptions options) {
    this.path = path;
    this.isKeptOpen = isKeptOpen;
    this.options = options;
  }

  private static Charset charset() {
    String encoding = System.getProperty("sun.jnu.encoding");
    return encoding != null && Charset.isSupported(encoding)
        ? Charset.forName(encoding)
        : StandardCharsets.UTF_8;
  }

  /** One of this name, whether it exists or not. */
  public static Fifo at(Path path) {
    return new Fifo(path, false, PipeOptions.defaults());
  }

  /**
   * Whether whoever opens one end here holds the other end, too. Then a reader survives writers
   * that come and go: it has no end. And a writer needs no reader: what it writes waits in the
   * kernel, as far as there is room. Off, if nothing is said.
   */
  public Fifo keepOpen(boolean on) {
    return new Fifo(path, on, options);
  }

  /** How the streams behave. */
  public Fifo options(PipeOptions value) {
    return new Fifo(path, isKeptOpen, value);
  }

  public Path path() {
    return path;
  }

  @Override
  public String toString() {
    return path.toString();
  }

  private byte[] pathBytes() {
    return path.toString().getBytes(CHARSET);
  }

  /** Makes it, for its owner alone. Fails if there is something of that name. */
  public void create() {
    create(PERMISSIONS);
  }

  /**
   * Makes it, with permissions of its own.
   *
   * @param permissions as {@code chmod} takes them, less those of the umask
   */
  public void create(int permissions) {
    CompletableFuture<Integer> end = new CompletableFuture<>();
    MakeFifo operation =
        new MakeFifo() {
          @Override
          public void ended(int result) {
            end.complete(result);
          }
        };
    operation.path = pathBytes();
    operation.mode = permissions;
    check("create FIFO", perform(Internals.engineToOpenIn(Scope.current()), operation, end));
  }

  private static int perform(
      Engine engine, FileOperation operation, CompletableFuture<Integer> end) {
    Cancellation.current().check();
    engine.submit(operation);
    Internals.awaitAnywhereUncancelled(end);
    return end.join();
  }

  private void check(String operation, int result) {
    if (result < 0) {
      throw DescriptorException.of(operation, path.toString(), result, advice(result));
    }
  }

  private static String advice(int result) {
    if (result == Errno.EEXIST.negated()) {
      return "something of that name is there: open it, or delete it before";
    }
    if (result == Errno.ENOENT.negated()) {
      return "call create() before, in a directory that exists";
    }
    if (result == Errno.EACCES.negated()) {
      return "look at the permissions of the FIFO and of the directories above it";
    }
    if (result == Errno.EMFILE.negated()) {
      return "raise the limit with ulimit -n, or close what is not needed any more";
    }
    return result == Errno.EOPNOTSUPP.negated()
        ? "this engine has no FIFOs: use io_uring or epoll, on Linux"
        : "";
  }

  private int open(Engine engine, int flags) {
    CompletableFuture<Integer> end = new CompletableFuture<>();
    OpenFile operation =
        new OpenFile() {
          @Override
          public void ended(int result) {
            end.complete(result);
          }
        };
    operation.path = pathBytes();
    operation.flags = flags | FileFlags.O_NONBLOCK | FileFlags.O_NOCTTY;
    return perform(engine, operation, end);
  }

  /** Opening a file by mistake would make it look as if it were a pipe. */
  private void checkIsFifo(Engine engine, int descriptor) {
    CompletableFuture<Integer> end = new CompletableFuture<>();
    StatFile operation =
        new StatFile() {
          @Override
          public void ended(int result) {
            end.complete(result);
          }
        };
    operation.directory = descriptor;
    try {
      check("open FIFO", perform(engine, operation, end));
      if ((operation.status.mode & 0170000) != 0010000) {
        throw DescriptorException.of("open FIFO", path.toString(), "it is something else");
      }
    } catch (RuntimeException failed) {
      engine.sockets().close(descriptor);
      throw failed;
    }
  }

  /** Opens it to read, in the current scope. Waits for nobody: the first read does. */
  public ByteStream openReader() {
    Scope scope = Scope.current();
    Engine engine = Internals.engineToOpenIn(scope);
    int reader = openEnd(engine, FileFlags.O_RDONLY);
    int writer = isKeptOpen ? openSecond(engine, FileFlags.O_WRONLY, reader) : NONE;
    DescriptorStream stream = stream(scope, "fifo-reader", reader, NONE, writer);
    if (!isKeptOpen) {
      stream.awaitOtherSide();
    }
    return stream;
  }

  /**
   * Opens it to write, in the current scope. Parks until somebody reads, unless it is kept open
   * here: see {@link #keepOpen}.
   */
  public ByteStream openWriter() {
    Scope scope = Scope.current();
    Engine engine = Internals.engineToOpenIn(scope);
    if (isKeptOpen) {
      int reader = openEnd(engine, FileFlags.O_RDONLY);
      int writer = openSecond(engine, FileFlags.O_WRONLY, reader);
      return stream(scope, "fifo-writer", NONE, writer, reader);
    }
    Duration pause = FIRST_PAUSE;
    while (true) {
      int writer = open(engine, FileFlags.O_WRONLY);
      if (writer != Errno.ENXIO.negated()) {
        check("open FIFO", writer);
        checkIsFifo(engine, writer);
        return stream(scope, "fifo-writer", NONE, writer, NONE);
      }
      Fiber.sleep(pause);
      pause = pause.multipliedBy(2);
      pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    }
  }

  private int openEnd(Engine engine, int flags) {
    int descriptor = open(engine, flags);
    check("open FIFO", descriptor);
    checkIsFifo(engine, descriptor);
    return descriptor;
  }

  private int openSecond(Engine engine, int flags, int first) {
    int descriptor = NONE;
    try {
      descriptor = open(engine, flags);
      check("open FIFO", descriptor);
      return descriptor;
    } finally {
      if (descriptor < 0) {
        engine.sockets().close(first);
      }
    }
  }

  private DescriptorStream stream(Scope scope, String kind, int read, int write, int companion) {
    DescriptorStream stream;
    try {
      stream = new DescriptorStream(scope, kind, path.toString(), read, write, options);
    } catch (RuntimeException ended) {
      if (companion >= 0) {
        Internals.engine(scope).sockets().close(companion);
      }
      throw ended;
    }
    if (companion >= 0) {
      stream.keepOpen(companion);
    }
    return stream;
  }
}
