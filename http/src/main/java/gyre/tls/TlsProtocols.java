package gyre.tls;

import java.util.List;

/** Versions and ciphers that are allowed. */
final class TlsProtocols {
  static final String TLS_1_3 = "TLSv1.3";
  static final String TLS_1_2 = "TLSv1.2";

  /**
   * With forward secrecy and authenticated encryption, all of them; for 1.3 there are no others.
   */
  static final List<String> CIPHER_SUITES =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  private TlsProtocols() {}

  static List<String> checked(String... names) {
    if (names.length == 0) {
      throw new IllegalArgumentException("no version of TLS is allowed");
    }
    for (String name : names) {
      if (!name.equals(TLS_1_3) && !name.equals(TLS_1_2)) {
        throw new IllegalArgumentException(
            "'" + name + "' is not offered: " + TLS_1_3 + " and " + TLS_1_2 + " are");
      }
    }
    return List.of(names);
  }
}
