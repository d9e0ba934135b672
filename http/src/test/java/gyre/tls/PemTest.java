package gyre.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PemTest {
  private static final TlsIdentity OWN = TlsIdentity.selfSigned("localhost", "127.0.0.1");

  @TempDir private Path directory;

  @Test
  void shouldReadWhatItWrites() throws Exception {
    Path both = directory.resolve("both.pem");
    Files.writeString(both, "a comment\n" + OWN.keyPem() + "\n" + OWN.certificatesPem());
    TlsIdentity read = TlsIdentity.load(both, both);
    assertThat(read.certificate()).isEqualTo(OWN.certificate());
    assertThat(read.key()).isEqualTo(OWN.key());
    assertThat(read.names()).containsExactly("localhost", "127.0.0.1");
  }

  private static void assertRefused(String text, String message) {
    assertThatThrownBy(() -> Pem.parse("key.pem", text).privateKey())
        .isInstanceOf(PemException.class)
        .hasMessageContaining(message);
  }

  @Test
  void shouldTellFileAndLineOfWhatIsWrong() {
    assertRefused("", "key.pem: there is no private key in it, nor anything else");
    assertRefused(OWN.certificatesPem(), "there is no private key in it, but CERTIFICATE");
    int second = 1 + (int) OWN.keyPem().lines().count();
    assertRefused(OWN.keyPem() + OWN.keyPem(), "key.pem, line " + second + ": begins a second key");
    assertRefused("\n-----BEGIN PRIVATE KEY-----\nAAAA\n", "key.pem, line 2: the block");
    assertRefused(
        "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n", "line 1: the block that");
    assertRefused(
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
        "line 3: ends another block than 'PRIVATE KEY' of line 1");
    assertRefused(
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n",
        "line 2: is encrypted: decrypt it with openssl pkey");
    assertRefused(
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        "line 1: is encrypted");
    assertRefused(
        "-----BEGIN EC PRIVATE KEY-----\nMAMCAQE=\n-----END EC PRIVATE KEY-----\n",
        "line 1: the block that begins here is no key");
  }

  @Test
  void shouldRefuseTheKeyOfAnotherCertificate() throws Exception {
    Path certificate = Files.writeString(directory.resolve("c.pem"), OWN.certificatesPem());
    Path key =
        Files.writeString(directory.resolve("k.pem"), TlsIdentity.selfSigned("other").keyPem());
    assertThatThrownBy(() -> TlsIdentity.load(certificate, key))
        .isInstanceOf(PemException.class)
        .hasMessageContaining("is not the key of the first certificate in " + certificate);
  }
}
