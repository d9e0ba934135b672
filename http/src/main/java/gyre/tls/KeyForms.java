package gyre.tls;

import java.util.Arrays;

/** Wraps the older forms of private keys into PKCS#8, which the JDK reads. */
final class KeyForms {
  private static final String RSA = "1.2.840.113549.1.1.1";
  private static final String EC = "1.2.840.10045.2.1";
  private static final int OCTET_STRING = 0x04;
  private static final int SEQUENCE = 0x30;
  private static final int PARAMETERS = 0xA0;

  private KeyForms() {}

  static byte[] pkcs1ToPkcs8(byte[] key) {
    return Der.sequence(Der.integer(0), Der.sequence(Der.oid(RSA), Der.nothing()), Der.octets(key));
  }

  /** The curve, which PKCS#8 wants outside, is one of the key's parts: {@code [0]}. */
  static byte[] sec1ToPkcs8(byte[] key) {
    return Der.sequence(Der.integer(0), Der.sequence(Der.oid(EC), curve(key)), Der.octets(key));
  }

  private static byte[] curve(byte[] key) {
    if (Der.byteAt(key, 0) != SEQUENCE) {
      throw new IllegalArgumentException("it does not begin with a sequence");
    }
    int end = Der.endOf(key, 0);
    int at = Der.endOf(key, Der.contentAt(key, 0)); // behind the version
    if (Der.byteAt(key, at) != OCTET_STRING) {
      throw new IllegalArgumentException("there is no key at byte " + at);
    }
    at = Der.endOf(key, at);
    if (at >= end || Der.byteAt(key, at) != PARAMETERS) {
      throw new IllegalArgumentException(
          "it does not name its curve: write it as PKCS#8, with openssl pkcs8 -topk8 -nocrypt");
    }
    return Arrays.copyOfRange(key, Der.contentAt(key, at), Der.endOf(key, at));
  }
}
