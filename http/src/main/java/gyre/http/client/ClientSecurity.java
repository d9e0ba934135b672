package gyre.http.client;

import gyre.io.ByteStream;

/** Puts TLS on a connection: what a client needs for {@code https}. */
@FunctionalInterface
public interface ClientSecurity {
  /**
   * Does the handshake, and gives the secured stream, whose end ends the plain one. Parks; is
   * cancelled when it takes too long.
   *
   * @param host the name that the certificate has to have; without brackets
   * @throws Exception if the other side is not who it should be, or does not speak TLS
   */
  ByteStream secure(ByteStream plain, String host, int port) throws Exception;
}
