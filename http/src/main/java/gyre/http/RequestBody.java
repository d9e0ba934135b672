package gyre.http;

import gyre.io.ByteSource;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request: read like any source of bytes, with back-pressure. What is not read is not
 * received, and the peer waits.
 *
 * <p>In direct style reading parks the handler. In push style the handler is called when all of the
 * body is there, so reading never parks; a {@link HttpHandler#streaming streaming} handler is
 * called before, and takes it by {@link #onData}.
 */
public interface RequestBody extends ByteSource {
  /** Bytes in all; -1 if nobody knows before the end. */
  long length();

  /**
   * Lets it be so long, instead of {@link HttpLimits#bodyBytes}: for handlers that read it piece by
   * piece. To be called before the first read.
   */
  RequestBody limit(long bytes);

  /**
   * In push style, from a streaming handler: has {@code handler} take what comes. The answer is
   * deferred by that ({@link Response#defer}). While the handler is paused, or has not returned, no
   * more than a few blocks are received, and the peer waits.
   *
   * @throws IllegalStateException in a fiber, which reads instead
   */
  void onData(BodyHandler handler);

  /** Stops calling the handler of {@link #onData}, and after a little also receiving. */
  void pause();

  /** Ends a {@link #pause}: what was left or has come meanwhile is shown, maybe in this call. */
  void resume();

  /** The trailer field of this name, once the end was read; null if there is none. */
  @Nullable String trailer(String name);

  /**
   * Reads all of it.
   *
   * @throws BodyException if it is longer than the limit, malformed or cut short
   */
  byte[] readAll();

  /**
   * Reads all of it, and unpacks it where {@code Content-Encoding} is gzip: only what asks for that
   * is unpacked.
   *
   * @param limitBytes of what it stands for; more, or more than a hundredfold, is answered with 413
   * @throws HttpException with status 400 if it is malformed, with 415 if it is packed otherwise
   */
  byte[] readAllUnpacked(int limitBytes);

  /** Reads all of it as UTF-8. */
  default String readText() {
    return new String(readAll(), StandardCharsets.UTF_8);
  }
}
