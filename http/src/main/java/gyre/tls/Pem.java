package gyre.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * What stands in a PEM file: certificates, and keys in the three ways in which they are written.
 */
final class Pem {
  private static final int FILE_LIMIT_BYTES = 1024 * 1024;
  private static final int LINE_CHARACTERS = 64;
  private static final String BEGIN = "-----BEGIN ";
  private static final String END = "-----END ";
  private static final String DASHES = "-----";
  private static final List<String> ALGORITHMS = List.of("EC", "RSA", "EdDSA", "RSASSA-PSS");

  /** One block, and the line on which it begins. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Block(String label, int line, byte[] bytes) {}

  private final String file;
  private final List<Block> blocks;

  private Pem(String file, List<Block> blocks) {
    this.file = file;
    this.blocks = blocks;
  }

  static Pem read(Path file) throws IOException {
    if (Files.size(file) > FILE_LIMIT_BYTES) {
      throw new PemException(file.toString(), 0, "has more than 1 MiB, which no PEM file needs");
    }
    return parse(file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
  }

  static Pem parse(String file, String text) throws PemException {
    List<Block> blocks = new ArrayList<>();
    String label = "";
    int beginLine = 0;
    StringBuilder content = new StringBuilder();
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      String line = lines[i].strip();
      if (line.startsWith(BEGIN) && line.endsWith(DASHES) && line.length() > BEGIN.length() + 5) {
        if (beginLine > 0) {
          throw new PemException(file, i + 1, "begins a block within that of line " + beginLine);
        }
        label = line.substring(BEGIN.length(), line.length() - DASHES.length());
        beginLine = i + 1;
        content.setLength(0);
      } else if (beginLine > 0 && line.startsWith(END)) {
        if (!line.equals(END + label + DASHES)) {
          throw new PemException(
              file, i + 1, "ends another block than '" + label + "' of line " + beginLine);
        }
        blocks.add(new Block(label, beginLine, decode(file, beginLine, content.toString())));
        beginLine = 0;
      } else if (beginLine > 0) {
        if (line.indexOf(':') >= 0) {
          throw new PemException(
              file,
              i + 1,
              "is encrypted: decrypt it with openssl pkey -in " + file + " -out plain.pem");
        }
        content.append(line);
      }
    }
    if (beginLine > 0) {
      throw new PemException(file, beginLine, "the block '" + label + "' has no end");
    }
    return new Pem(file, blocks);
  }

  private static byte[] decode(String file, int beginLine, String content) throws PemException {
    try {
      return Base64.getDecoder().decode(content);
    } catch (IllegalArgumentException e) {
      throw new PemException(
          file, beginLine, "the block that begins here is no Base64: " + e.getMessage(), e);
    }
  }

  /** All certificates of the file, of which there is one at least. */
  List<X509Certificate> certificates() throws PemException {
    List<X509Certificate> found = new ArrayList<>();
    for (Block block : blocks) {
      if (block.label.equals("CERTIFICATE") || block.label.equals("X509 CERTIFICATE")) {
        try {
          found.add(Certificates.decode(block.bytes));
        } catch (CertificateException e) {
          throw new PemException(
              file,
              block.line,
              "the block that begins here is no certificate: " + e.getMessage(),
              e);
        }
      }
    }
    if (found.isEmpty()) {
      throw new PemException(file, 0, "there is no certificate in it" + labels());
    }
    return found;
  }

  /** The only key of the file. */
  PrivateKey privateKey() throws PemException {
    PrivateKey found = null;
    for (Block block : blocks) {
      if (block.label.endsWith("PRIVATE KEY")) {
        if (found != null) {
          throw new PemException(file, block.line, "begins a second key, and one is wanted");
        }
        found = key(block);
      }
    }
    if (found == null) {
      throw new PemException(file, 0, "there is no private key in it" + labels());
    }
    return found;
  }

  private String labels() {
    List<String> labels = blocks.stream().map(Block::label).distinct().toList();
    return labels.isEmpty() ? ", nor anything else" : ", but " + String.join(", ", labels);
  }

  private PrivateKey key(Block block) throws PemException {
    try {
      return switch (block.label) {
        case "PRIVATE KEY" -> pkcs8(block.bytes);
        case "RSA PRIVATE KEY" -> pkcs8(KeyForms.pkcs1ToPkcs8(block.bytes));
        case "EC PRIVATE KEY" -> pkcs8(KeyForms.sec1ToPkcs8(block.bytes));
        case "ENCRYPTED PRIVATE KEY" ->
            throw new PemException(
                file,
                block.line,
                "is encrypted: decrypt it with openssl pkey -in " + file + " -out plain.pem");
        default ->
            throw new PemException(
                file,
                block.line,
                "a '" + block.label + "' is not understood: PKCS#8, PKCS#1 and SEC1 are");
      };
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new PemException(
          file, block.line, "the block that begins here is no key: " + e.getMessage(), e);
    }
  }

  private static PrivateKey pkcs8(byte[] bytes) throws GeneralSecurityException {
    InvalidKeySpecException last = new InvalidKeySpecException("no known algorithm");
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes));
      } catch (InvalidKeySpecException e) {
        last = e;
      }
    }
    throw last;
  }

  static String encode(String label, byte[] bytes) {
    Base64.Encoder encoder = Base64.getMimeEncoder(LINE_CHARACTERS, new byte[] {'\n'});
    return BEGIN
        + label
        + DASHES
        + "\n"
        + encoder.encodeToString(bytes)
        + "\n"
        + END
        + label
        + DASHES
        + "\n";
  }
}
