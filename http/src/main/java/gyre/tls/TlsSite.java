package gyre.tls;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * One set of rules of a server: who it is, and whom it lets in. Sessions that clients resume stay
 * within it, so that one with a certificate for one name opens no other. Immutable; each method
 * gives a changed copy.
 */
public final class TlsSite {
  private final List<TlsIdentity> identities;
  private final ClientCertificates clients;
  private final List<X509Certificate> trusted;

  private TlsSite(
      List<TlsIdentity> identities, ClientCertificates clients, List<X509Certificate> trusted) {
    this.identities = List.copyOf(identities);
    this.clients = clients;
    this.trusted = List.copyOf(trusted);
  }

  public static TlsSite of(TlsIdentity identity) {
    return new TlsSite(List.of(identity), ClientCertificates.NONE, List.of());
  }

  /** Another key for the same names, of another algorithm: the client decides which is used. */
  public TlsSite orIdentity(TlsIdentity identity) {
    for (TlsIdentity each : identities) {
      if (each.algorithm().equals(identity.algorithm())) {
        throw new IllegalArgumentException(
            "there is a key of " + identity.algorithm() + " already: one for each algorithm");
      }
    }
    List<TlsIdentity> all = new ArrayList<>(identities);
    all.add(identity);
    return new TlsSite(all, clients, trusted);
  }

  /**
   * Asks clients for certificates.
   *
   * @param authorities those whose certificates are let in; at least one
   */
  public TlsSite clientCertificates(ClientCertificates how, List<X509Certificate> authorities) {
    Objects.requireNonNull(how, "how");
    if (how != ClientCertificates.NONE && authorities.isEmpty()) {
      throw new IllegalArgumentException(
          "client certificates that nobody vouches for: name the authorities to trust");
    }
    return new TlsSite(identities, how, authorities);
  }

  public List<TlsIdentity> identities() {
    return identities;
  }

  public ClientCertificates clientCertificates() {
    return clients;
  }

  public List<X509Certificate> trusted() {
    return trusted;
  }

  @Override
  public String toString() {
    return "TlsSite[" + identities + ", client certificates " + clients + "]";
  }
}
