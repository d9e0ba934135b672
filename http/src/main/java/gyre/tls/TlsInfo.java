package gyre.tls;

import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a handshake has agreed on.
 *
 * @param protocol {@code TLSv1.3} or {@code TLSv1.2}
 * @param cipherSuite by its name of the standard
 * @param applicationProtocol as ALPN has chosen it; empty if nothing was
 * @param serverName what the client has asked for, in lower case; null if it has not
 * @param peerCertificates the other side's own one first; empty if it has shown none
 */
public record TlsInfo(
    String protocol,
    String cipherSuite,
    String applicationProtocol,
    @Nullable String serverName,
    List<X509Certificate> peerCertificates) {
  public TlsInfo {
    peerCertificates = List.copyOf(peerCertificates);
  }
}
