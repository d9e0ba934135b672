package gyre.http.client;

import gyre.io.ByteSource;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer: read like any source of bytes, with back-pressure. What is not read is not
 * received, and the server waits. When the end was read the connection is free for the next
 * request.
 *
 * <p>Reading throws {@link HttpClientException} if the body is cut short, malformed, too slow or
 * too long.
 */
public interface ClientBody extends ByteSource {
  /** Bytes in all, as they are sent; -1 if nobody knows before the end. */
  long length();

  /**
   * Bounds the body, instead of what {@code HttpLimits.bodyBytes} says: for answers that are read
   * piece by piece. To be called before the first read.
   */
  ClientBody limit(long bytes);

  /**
   * Fails when nothing comes for so long, instead of by {@code HttpLimits.bodyTimeout} and {@code
   * minimumBytesPerSecond}, which bound the waiting in all: for answers that go on, and are silent
   * at times. To be called before the first read.
   */
  ClientBody silence(Duration value);

  /** The trailer field of this name, once the end was read; null if there is none. */
  @Nullable String trailer(String name);

  /** Reads all of it. */
  byte[] readAll();

  /** Reads all of it as UTF-8. */
  default String readText() {
    return new String(readAll(), StandardCharsets.UTF_8);
  }
}
