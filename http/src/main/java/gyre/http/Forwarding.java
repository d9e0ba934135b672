package gyre.http;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What trusted proxies say of a request.
 *
 * @param client null if they do not say who it is
 * @param scheme null if they do not say it
 * @param host null if they do not say it
 */
record Forwarding(
    @Nullable InetSocketAddress client, @Nullable String scheme, @Nullable String host) {
  /** A proxy that is trusted has said what nobody understands. */
  static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedException(String message) {
      super(message);
    }
  }
}
