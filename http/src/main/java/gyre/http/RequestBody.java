package gyre.http;

import gyre.io.ByteSource;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request: read like any source of bytes, with back-pressure. What is not read is not
 * received, and the peer waits.
 *
 * <p>In direct style reading parks the handler. In push style the handler is called when all of the
 * body is there, so reading never parks.
 */
public interface RequestBody extends ByteSource {
  /** Bytes in all; -1 if nobody knows before the end. */
  long length();

  /**
   * Lets it be so long, instead of {@link HttpLimits#bodyBytes}: for handlers that read it piece by
   * piece. To be called before the first read.
   */
  RequestBody limit(long bytes);

  /** The trailer field of this name, once the end was read; null if there is none. */
  @Nullable String trailer(String name);

  /**
   * Reads all of it.
   *
   * @throws BodyException if it is longer than the limit, malformed or cut short
   */
  byte[] readAll();

  /** Reads all of it as UTF-8. */
  default String readText() {
    return new String(readAll(), StandardCharsets.UTF_8);
  }
}
