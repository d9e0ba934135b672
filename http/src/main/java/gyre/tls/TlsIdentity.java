package gyre.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Who this side is: a private key, and the certificate of it with those of its authorities.
 * Immutable, for any number of threads.
 */
public final class TlsIdentity {
  private static final int DNS_NAME = 2;
  private static final int IP_ADDRESS = 7;

  private final PrivateKey key;
  private final List<X509Certificate> chain;

  private TlsIdentity(PrivateKey key, List<X509Certificate> chain) {
    this.key = key;
    this.chain = List.copyOf(chain);
  }

  /**
   * Of a key and what vouches for it.
   *
   * @param chain the certificate of the key first, then that of its issuer and so on; the root may
   *     be left out
   */
  public static TlsIdentity of(PrivateKey key, List<X509Certificate> chain) {
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("a key needs a certificate");
    }
    if (!KeyPairs.match(key, chain.getFirst().getPublicKey())) {
      throw new IllegalArgumentException(
          "the key is not that of the certificate of "
              + chain.getFirst().getSubjectX500Principal());
    }
    return new TlsIdentity(key, chain);
  }

  /**
   * Reads two PEM files, which may be the same one. Blocks: on a loop call it by {@link
   * gyre.Fiber#offload}.
   *
   * @param certificates the chain
   * @param key PKCS#8, PKCS#1 or SEC1, not encrypted
   * @throws PemException if a file is not what it should be; it names file and line
   */
  public static TlsIdentity load(Path certificates, Path key) throws IOException {
    List<X509Certificate> chain = Pem.read(certificates).certificates();
    PrivateKey found = Pem.read(key).privateKey();
    if (!KeyPairs.match(found, chain.getFirst().getPublicKey())) {
      throw new PemException(
          key.toString(),
          0,
          "is not the key of the first certificate in "
              + certificates
              + ", which is of "
              + chain.getFirst().getSubjectX500Principal());
    }
    return new TlsIdentity(found, chain);
  }

  /** A new key with a certificate that it has signed itself: see {@link SelfSigned}. */
  public static TlsIdentity selfSigned(String... names) {
    return SelfSigned.server(names);
  }

  public PrivateKey key() {
    return key;
  }

  public List<X509Certificate> chain() {
    return chain;
  }

  public X509Certificate certificate() {
    return chain.getFirst();
  }

  /** The names of hosts and the addresses that the certificate is for, in lower case. */
  public List<String> names() {
    List<String> names = new ArrayList<>();
    try {
      Collection<List<?>> all = certificate().getSubjectAlternativeNames();
      if (all != null) {
        all.forEach(each -> addName(each, names));
      }
    } catch (CertificateParsingException e) {
      throw new IllegalArgumentException("the names of the certificate cannot be read: " + e, e);
    }
    return names;
  }

  private static void addName(List<?> each, List<String> names) {
    Object kind = each.getFirst();
    Object value = each.get(1);
    if ((kind.equals(DNS_NAME) || kind.equals(IP_ADDRESS)) && value instanceof String text) {
      names.add(text.toLowerCase(Locale.ROOT));
    }
  }

  /** The certificates as PEM, for who has to trust them or to look at them. */
  public String certificatesPem() {
    StringBuilder text = new StringBuilder();
    for (X509Certificate each : chain) {
      text.append(Pem.encode("CERTIFICATE", Certificates.encoded(each)));
    }
    return text.toString();
  }

  /** The key as PEM, PKCS#8, not encrypted: keep it where nobody else reads it. */
  public String keyPem() {
    byte @Nullable [] encoded = key.getEncoded();
    if (encoded == null) {
      throw new IllegalStateException("this key does not leave the place where it is kept");
    }
    return Pem.encode("PRIVATE KEY", encoded);
  }

  /** {@code EC}, {@code RSA}, {@code EdDSA}. */
  public String algorithm() {
    PublicKey own = certificate().getPublicKey();
    return own.getAlgorithm();
  }

  @Override
  public String toString() {
    return "TlsIdentity[" + algorithm() + ", " + certificate().getSubjectX500Principal() + "]";
  }
}
