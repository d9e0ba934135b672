package gyre.queue;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/** Makes a call of HTTP, in a fiber. */
@FunctionalInterface
interface HttpCaller {
  /**
   * What came back.
   *
   * @param body at most the first {@link #BODY_LIMIT_BYTES} of it
   */
  record Answer(int status, String body) {}

  int BODY_LIMIT_BYTES = 64 * 1024;

  Answer call(String method, URI url, Map<String, String> headers, byte[] body, Duration timeout)
      throws IOException, InterruptedException;
}
