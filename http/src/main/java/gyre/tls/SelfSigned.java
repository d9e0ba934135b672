package gyre.tls;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes keys and certificates, for trials and tests: one that has signed itself, or an authority
 * ({@link #authority}) and what it signs. Elliptic keys on the curve P-256.
 *
 * <pre>{@code
 * SelfSigned authority = SelfSigned.authority("Trial");
 * TlsIdentity server = authority.issueServer("localhost", "127.0.0.1");
 * TlsIdentity client = authority.issueClient("alice");
 * }</pre>
 */
public final class SelfSigned {
  private static final Duration VALIDITY = Duration.ofDays(397);

  /** Clocks of clients may be late. */
  private static final Duration BEFORE = Duration.ofDays(1);

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int SERIAL_BITS = 127;

  private static final byte[] ECDSA = Der.sequence(Der.oid("1.2.840.10045.4.3.2"));
  private static final String COMMON_NAME = "2.5.4.3";
  private static final String SUBJECT_KEY = "2.5.29.14";
  private static final String KEY_USAGE = "2.5.29.15";
  private static final String ALTERNATIVE_NAMES = "2.5.29.17";
  private static final String BASIC_CONSTRAINTS = "2.5.29.19";
  private static final String AUTHORITY_KEY = "2.5.29.35";
  private static final String EXTENDED_USAGE = "2.5.29.37";
  private static final String SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";
  private static final String CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2";

  /** digitalSignature: bit 0 of one byte, the others unused. */
  private static final byte[] SIGNS = Der.bits(7, new byte[] {(byte) 0x80});

  /** keyCertSign and cRLSign: bits 5 and 6. */
  private static final byte[] SIGNS_CERTIFICATES = Der.bits(1, new byte[] {0x06});

  private static final int DNS = 2;
  private static final int IP = 7;

  private final String name;
  private final KeyPair keys;
  private final X509Certificate certificate;

  private SelfSigned(String name, KeyPair keys, X509Certificate certificate) {
    this.name = name;
    this.keys = keys;
    this.certificate = certificate;
  }

  /**
   * A server's certificate that has signed itself.
   *
   * @param names of hosts, or addresses; at least one
   */
  public static TlsIdentity server(String... names) {
    checkNames(names);
    KeyPair keys = newKeys();
    byte[] extensions =
        Der.sequence(
            constraints(false),
            extension(KEY_USAGE, true, SIGNS),
            usage(SERVER_AUTHENTICATION),
            alternativeNames(names),
            keyId(keys));
    X509Certificate own = sign(names[0], keys.getPrivate(), names[0], keys, extensions);
    return TlsIdentity.of(keys.getPrivate(), List.of(own));
  }

  /** An authority, whose certificate the other side has to trust. */
  public static SelfSigned authority(String name) {
    KeyPair keys = newKeys();
    byte[] extensions =
        Der.sequence(
            constraints(true), extension(KEY_USAGE, true, SIGNS_CERTIFICATES), keyId(keys));
    return new SelfSigned(name, keys, sign(name, keys.getPrivate(), name, keys, extensions));
  }

  /** What to trust. */
  public X509Certificate certificate() {
    return certificate;
  }

  /** What to trust, as PEM. */
  public String certificatePem() {
    return Pem.encode("CERTIFICATE", Certificates.encoded(certificate));
  }

  /**
   * A server's certificate of this authority.
   *
   * @param names of hosts, or addresses; at least one
   */
  public TlsIdentity issueServer(String... names) {
    checkNames(names);
    return issue(names[0], usage(SERVER_AUTHENTICATION), alternativeNames(names));
  }

  /** A client's certificate of this authority. */
  public TlsIdentity issueClient(String commonName) {
    return issue(commonName, usage(CLIENT_AUTHENTICATION), new byte[0]);
  }

  private TlsIdentity issue(String subject, byte[] usage, byte[] names) {
    KeyPair own = newKeys();
    byte[] authorityKey =
        extension(AUTHORITY_KEY, false, Der.sequence(Der.implicit(0, keyHash(keys))));
    byte[] extensions =
        Der.sequence(
            constraints(false),
            extension(KEY_USAGE, true, SIGNS),
            usage,
            names,
            keyId(own),
            authorityKey);
    X509Certificate issued = sign(name, keys.getPrivate(), subject, own, extensions);
    return TlsIdentity.of(own.getPrivate(), List.of(issued, certificate));
  }

  // ---- a certificate

  private static X509Certificate sign(
      String issuer, PrivateKey issuerKey, String subject, KeyPair keys, byte[] extensions) {
    ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
    byte[] content =
        Der.sequence(
            Der.explicit(0, Der.integer(2)), // version 3
            Der.integer(new BigInteger(SERIAL_BITS, RANDOM).setBit(SERIAL_BITS - 1)),
            ECDSA,
            distinguished(issuer),
            Der.sequence(Der.time(now.minus(BEFORE)), Der.time(now.plus(VALIDITY))),
            distinguished(subject),
            keys.getPublic().getEncoded(),
            Der.explicit(3, extensions));
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(issuerKey);
      signature.update(content);
      return Certificates.decode(Der.sequence(content, ECDSA, Der.bits(0, signature.sign())));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK signs nothing on P-256: " + e, e);
    }
  }

  private static byte[] distinguished(String commonName) {
    return Der.sequence(Der.set(Der.sequence(Der.oid(COMMON_NAME), Der.text(commonName))));
  }

  private static byte[] extension(String oid, boolean isCritical, byte[] value) {
    return isCritical
        ? Der.sequence(Der.oid(oid), Der.yes(), Der.octets(value))
        : Der.sequence(Der.oid(oid), Der.octets(value));
  }

  private static byte[] constraints(boolean isAuthority) {
    return extension(
        BASIC_CONSTRAINTS, true, isAuthority ? Der.sequence(Der.yes()) : Der.sequence());
  }

  private static byte[] usage(String purpose) {
    return extension(EXTENDED_USAGE, false, Der.sequence(Der.oid(purpose)));
  }

  private static byte[] keyId(KeyPair keys) {
    return extension(SUBJECT_KEY, false, Der.octets(keyHash(keys)));
  }

  private static byte[] keyHash(KeyPair keys) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(keys.getPublic().getEncoded());
      return Arrays.copyOf(hash, 20);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no SHA-256: " + e, e);
    }
  }

  private static byte[] alternativeNames(String... names) {
    List<byte[]> encoded = new ArrayList<>();
    for (String each : names) {
      byte[] address = IpText.bytes(each);
      encoded.add(
          address.length > 0
              ? Der.implicit(IP, address)
              : Der.implicit(DNS, each.getBytes(StandardCharsets.US_ASCII)));
    }
    return extension(ALTERNATIVE_NAMES, false, Der.sequence(encoded.toArray(byte[][]::new)));
  }

  private static void checkNames(String... names) {
    if (names.length == 0) {
      throw new IllegalArgumentException("a server needs a name, or an address");
    }
    for (String each : names) {
      if (each.isEmpty() || !each.chars().allMatch(c -> c > ' ' && c < 127)) {
        throw new IllegalArgumentException("'" + each + "' is no name of a host");
      }
    }
  }

  private static KeyPair newKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no P-256: " + e, e);
    }
  }
}
