package gyre.tls;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;

/** Whether a private key and a public one belong together: the one signs, the other verifies. */
final class KeyPairs {
  private static final byte[] PROBE = {1, 2, 3, 4, 5, 6, 7, 8};

  private KeyPairs() {}

  static boolean match(PrivateKey key, PublicKey certified) {
    try {
      Signature signing = Signature.getInstance(algorithm(key.getAlgorithm()));
      signing.initSign(key);
      signing.update(PROBE);
      byte[] signature = signing.sign();
      Signature verifying = Signature.getInstance(algorithm(key.getAlgorithm()));
      verifying.initVerify(certified);
      verifying.update(PROBE);
      return verifying.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  static String algorithm(String key) {
    return switch (key) {
      case "EC" -> "SHA256withECDSA";
      case "RSA" -> "SHA256withRSA";
      default -> key;
    };
  }
}
