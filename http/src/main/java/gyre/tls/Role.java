package gyre.tls;

import java.time.Duration;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/** What a TLS stream has of the server or the client that it is one of. */
interface Role {
  /**
   * Who does the work of this connection.
   *
   * @param offloads whether costly steps are for the workers
   */
  record Part(SSLEngine engine, boolean offloads) {}

  boolean isServer();

  Duration handshakeTimeout();

  /**
   * Who answers.
   *
   * @param hello what the client has said; null on the client's side
   */
  Part choose(@Nullable ClientHello hello) throws AlertException;

  /** Whether clients that ask for different names have to show different certificates. */
  boolean hasSeveralRules();

  /**
   * Whether who asks for one name has to show the same certificates as who asks for another.
   *
   * @param one null if no name is asked for
   */
  boolean hasSameRules(@Nullable String one, @Nullable String other);

  /** For how many handshakes there is room; null for any number. */
  @Nullable HandshakeGate gate();
}
