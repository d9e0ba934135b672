package gyre.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Makes contexts, each with a memory of sessions and keys of tickets of its own. */
final class Contexts {
  private static final TrustManager[] NONE = {};

  private Contexts() {}

  /**
   * @param identities none or more
   * @param trusted null for the authorities of the JDK; empty for none at all
   */
  static SSLContext of(List<TlsIdentity> identities, @Nullable List<X509Certificate> trusted) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      KeyManager[] keys =
          identities.isEmpty() ? null : new KeyManager[] {new IdentityKeys(identities)};
      context.init(keys, trusted != null && trusted.isEmpty() ? nobody() : trust(trusted), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("this JDK makes no context of TLS: " + e, e);
    }
  }

  /** For a server that asks for no certificates: null would be the authorities of the JDK. */
  private static TrustManager[] nobody() {
    return NONE;
  }

  private static TrustManager[] trust(@Nullable List<X509Certificate> trusted)
      throws GeneralSecurityException, IOException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted == null ? null : store(trusted));
    List<TrustManager> found = new ArrayList<>();
    for (TrustManager each : factory.getTrustManagers()) {
      assert each instanceof X509ExtendedTrustManager : "names of hosts would not be verified";
      found.add(each);
    }
    return found.toArray(TrustManager[]::new);
  }

  private static KeyStore store(List<X509Certificate> trusted)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (int i = 0; i < trusted.size(); i++) {
      store.setCertificateEntry("trusted-" + i, trusted.get(i));
    }
    return store;
  }
}
