package gyre.http;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An access log in a file, a line for each answer:
 *
 * <pre>
 * 2026-11-29T16:04:12.345Z tcp 10.0.0.7:41234 "GET /index.html HTTP/1.1" 200 5120 1.234ms
 * </pre>
 *
 * Where a trusted proxy names the client, {@code for} and its address stand behind the connection.
 *
 * <p>A thread of its own writes, so that a slow disk holds up no loop. Up to {@link #QUEUED_LINES}
 * wait for it; where there is no room a line is dropped, and the next one that is written is
 * preceded by one that says how many were. One log serves any number of loops and servers; closed
 * by whoever opened it, after the servers.
 */
public final class AccessLogFile implements AccessLog, AutoCloseable {
  /** The most lines that wait to be written. */
  public static final int QUEUED_LINES = 8192;

  private static final int LONGEST = 2048;
  private static final long FLUSH_MILLIS = 200;
  private static final double MILLI_NANOS = 1e6;

  private final ArrayBlockingQueue<String> lines = new ArrayBlockingQueue<>(QUEUED_LINES);
  private final AtomicLong dropped = new AtomicLong();
  private final Path path;
  private final BufferedWriter out;
  private final Thread thread;
  private volatile boolean isClosing;

  private AccessLogFile(Path path, BufferedWriter out) {
    this.path = path;
    this.out = out;
    this.thread = Thread.ofPlatform().daemon().name("access log").unstarted(this::write);
  }

  /**
   * Appends to a file, which is made where there is none.
   *
   * @throws UncheckedIOException if that is not possible
   */
  public static AccessLogFile open(Path path) {
    try {
      BufferedWriter out =
          Files.newBufferedWriter(
              path, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      AccessLogFile log = new AccessLogFile(path, out);
      log.thread.start();
      return log;
    } catch (IOException e) {
      throw new UncheckedIOException("open the access log " + path + ": " + reason(e), e);
    }
  }

  /** The message of many exceptions of the JDK is a path alone. */
  private static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "ENOENT (no such directory)";
      case AccessDeniedException _ -> "EACCES (permission denied)";
      case FileSystemException other when other.getReason() != null ->
          String.valueOf(other.getReason());
      default -> e.toString();
    };
  }

  @Override
  public void answered(Request request, Response response, long durationNanos) {
    String line =
        String.format(
            Locale.ROOT,
            "%s \"%s %s %s\" %d %d %.3fms",
            source(request),
            request.method(),
            request.target(),
            request.version(),
            response.status(),
            response.bodyBytes(),
            durationNanos / MILLI_NANOS);
    if (!lines.offer(Instant.now() + " " + printable(line))) {
      long ignored = dropped.incrementAndGet();
    }
  }

  /** The connection, and the client where a proxy has named it. */
  private static String source(Request request) {
    String connection = request.connectionName();
    InetSocketAddress client = request.client();
    if (client == null) {
      return connection + " for unknown";
    }
    String text = text(client);
    return connection.contains("(" + text + ")") ? connection : connection + " for " + text;
  }

  private static String text(InetSocketAddress client) {
    String host = client.getAddress().getHostAddress();
    String name = host.indexOf(':') < 0 ? host : "[" + host + "]";
    return client.getPort() == 0 ? name : name + ":" + client.getPort();
  }

  /** Lines that there was no room for, and that the file does not tell of yet. */
  public long dropped() {
    return dropped.get();
  }

  private static String printable(String text) {
    StringBuilder printable = new StringBuilder(Math.min(text.length(), LONGEST));
    for (int i = 0; i < text.length() && i < LONGEST; i++) {
      char at = text.charAt(i);
      printable.append(at < 0x20 || at == 0x7F ? '?' : at);
    }
    return printable.toString();
  }

  private void write() {
    try (out) {
      while (!isClosing || !lines.isEmpty()) {
        String line = lines.poll(FLUSH_MILLIS, TimeUnit.MILLISECONDS);
        if (line == null) {
          out.flush();
          continue;
        }
        long lost = dropped.getAndSet(0);
        if (lost > 0) {
          out.write("# " + lost + " lines were dropped here: this disk is too slow\n");
        }
        out.write(line);
        out.write('\n');
        if (lines.isEmpty()) {
          out.flush();
        }
      }
    } catch (IOException e) {
      System.getLogger("gyre.http")
          .log(System.Logger.Level.ERROR, "the access log " + path + " has ended", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Writes what waits, and closes the file. */
  @Override
  public void close() {
    isClosing = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
