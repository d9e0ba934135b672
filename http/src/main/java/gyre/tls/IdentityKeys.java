package gyre.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** Gives an engine the identity that suits the kind of key which the peer can verify. */
final class IdentityKeys extends X509ExtendedKeyManager {
  private final List<TlsIdentity> identities;

  IdentityKeys(List<TlsIdentity> identities) {
    this.identities = identities;
  }

  private @Nullable String alias(String keyType) {
    for (int i = 0; i < identities.size(); i++) {
      if (suits(identities.get(i).algorithm(), keyType)) {
        return String.valueOf(i);
      }
    }
    return null;
  }

  private static boolean suits(String algorithm, String keyType) {
    return keyType.equals(algorithm)
        || keyType.startsWith(algorithm + "_")
        || (keyType.equals("RSASSA-PSS") && algorithm.equals("RSA"));
  }

  private @Nullable TlsIdentity identity(@Nullable String alias) {
    return alias == null ? null : identities.get(Integer.parseInt(alias));
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(keyType);
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    for (String keyType : keyTypes) {
      String found = alias(keyType);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(keyType);
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return chooseEngineClientAlias(keyTypes, issuers, null);
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    String found = alias(keyType);
    return found == null ? null : new String[] {found};
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return getServerAliases(keyType, issuers);
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(@Nullable String alias) {
    TlsIdentity found = identity(alias);
    return found == null ? null : found.chain().toArray(X509Certificate[]::new);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(@Nullable String alias) {
    TlsIdentity found = identity(alias);
    return found == null ? null : found.key();
  }
}
