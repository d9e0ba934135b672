package gyre.tls;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.LoopGroup;
import gyre.Loops;
import gyre.net.ServerOptions;
import gyre.net.TcpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Openssl verifies what is made here, reads what is written here, and talks to servers. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class OpensslTest {
  private static final SelfSigned AUTHORITY = SelfSigned.authority("Test");

  @TempDir private Path directory;

  private String file(String name, String content) throws Exception {
    return Files.writeString(directory.resolve(name), content).toString();
  }

  // ---- certificates

  @Test
  void shouldMakeCertificatesThatOpensslVerifies() throws Exception {
    String authority = file("ca.pem", AUTHORITY.certificatePem());
    TlsIdentity server = AUTHORITY.issueServer("one.test", "*.two.test", "192.0.2.1", "::1");
    String leaf = file("server.pem", server.certificatesPem());
    String client = file("client.pem", AUTHORITY.issueClient("alice").certificatesPem());
    String own = file("own.pem", TlsIdentity.selfSigned("localhost").certificatesPem());
    String[] strict = {"verify", "-x509_strict", "-CAfile", authority};
    assertThat(verify(strict, "-purpose", "sslserver", "-verify_hostname", "a.two.test", leaf))
        .isEqualTo(leaf + ": OK\n");
    assertThat(verify(strict, "-verify_ip", "192.0.2.1", leaf)).endsWith(": OK\n");
    assertThat(verify(strict, "-verify_hostname", "three.test", leaf)).contains("mismatch");
    assertThat(verify(strict, "-purpose", "sslclient", client)).endsWith(": OK\n");
    assertThat(verify(strict, "-purpose", "sslserver", client)).contains("purpose");
    assertThat(Openssl.run("", "verify", "-CAfile", own, own).text()).endsWith(": OK\n");
    String text = Openssl.run("", "x509", "-in", leaf, "-noout", "-text").text();
    assertThat(text)
        .contains("DNS:one.test, DNS:*.two.test, IP Address:192.0.2.1, IP Address:0:0:0:0:0:0:0:1")
        .contains("CA:FALSE")
        .contains("TLS Web Server Authentication");
  }

  private static String verify(String[] strict, String... more) throws Exception {
    String[] all = Arrays.copyOf(strict, strict.length + more.length);
    System.arraycopy(more, 0, all, strict.length, more.length);
    return Openssl.run("", all).text();
  }

  // ---- keys

  @ParameterizedTest
  @ValueSource(
      strings = {
        "genrsa -traditional 2048",
        "genrsa 2048",
        "ecparam -name prime256v1 -genkey -noout",
        "ecparam -name prime256v1 -genkey",
        "ecparam -name secp384r1 -genkey -noout",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        "genpkey -algorithm ed25519"
      })
  void shouldReadKeysOfAllForms(String how) throws Exception {
    Openssl.Output made = Openssl.run("", how.split(" "));
    assertThat(made.status()).as(made.text()).isZero();
    String text = made.text().substring(made.text().indexOf("-----BEGIN"));
    String key = file("key.pem", text);
    Openssl.Output request =
        Openssl.run(
            "",
            "req",
            "-x509",
            "-key",
            key,
            "-days",
            "2",
            "-subj",
            "/CN=made",
            "-out",
            directory.resolve("cert.pem").toString());
    assertThat(request.status()).as(request.text()).isZero();
    TlsIdentity read = TlsIdentity.load(directory.resolve("cert.pem"), Path.of(key));
    assertThat(read.certificate().getSubjectX500Principal().getName()).isEqualTo("CN=made");
  }

  // ---- talking

  /** Echoes a line, and closes. */
  private static TcpServer serve(LoopGroup group, TlsServerOptions options) {
    TlsServer tls = TlsServer.of(options, new HandshakeGate(8));
    return TcpServer.serve(
        group,
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        ServerOptions.defaults(),
        tls.serving(stream -> {
          String line = stream.readLine(1000);
          stream.write("you said " + line + " by " + stream.info().protocol() + "\n");
        }));
  }

  private static LoopGroup group() {
    return LoopGroup.open(1, Loops.options("epoll"));
  }

  @Test
  void shouldTalkToOpensslInBothVersions() throws Exception {
    String authority = file("ca.pem", AUTHORITY.certificatePem());
    TlsServerOptions options =
        TlsServerOptions.of(AUTHORITY.issueServer("localhost"))
            .applicationProtocols("echo", "http/1.1");
    try (LoopGroup group = group();
        TcpServer server = serve(group, options)) {
      int port = server.address().getPort();
      for (String version : List.of("-tls1_3", "-tls1_2")) {
        Openssl.Output said =
            Openssl.client(
                port,
                "hi\n",
                version,
                "-CAfile",
                authority,
                "-verify_return_error",
                "-verify_hostname",
                "localhost",
                "-servername",
                "localhost",
                "-alpn",
                "http/1.1,echo");
        assertThat(said.text())
            .contains("you said hi by TLSv1." + version.charAt(version.length() - 1))
            .contains("ALPN protocol: echo")
            .contains("Verification: OK")
            .contains("Secure Renegotiation IS" + (version.equals("-tls1_3") ? " NOT" : ""));
        assertThat(said.status()).isZero();
      }
      assertThat(Openssl.client(port, "hi\n", "-groups", "P-384").text())
          .contains("you said hi")
          .contains("ECDH, secp384r1");
      assertThat(Openssl.client(port, "hi\n", "-tls1_2", "-cipher", "AES128-SHA").text())
          .as("without forward secrecy")
          .contains("handshake failure");
      assertThat(Openssl.client(port, "hi\n", "-alpn", "other").text())
          .contains("no application protocol");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void shouldResumeSessionsByTickets(String version) throws Exception {
    try (LoopGroup group = group();
        TcpServer server = serve(group, TlsServerOptions.of(TlsIdentity.selfSigned("localhost")))) {
      int port = server.address().getPort();
      String session = directory.resolve("session").toString();
      String first = Openssl.client(port, "hi\n", version, "-sess_out", session).text();
      assertThat(first).contains("New, TLSv1").contains("you said hi");
      assertThat(Openssl.client(port, "hi\n", version, "-sess_in", session).text())
          .contains("Reused, TLSv1")
          .contains("you said hi");
    }
  }

  @Test
  void shouldRefuseToRenegotiate() throws Exception {
    try (LoopGroup group = group();
        TcpServer server = serve(group, TlsServerOptions.of(TlsIdentity.selfSigned("localhost")))) {
      Openssl.Output said =
          Openssl.run(
              "R\n",
              "s_client",
              "-connect",
              "127.0.0.1:" + server.address().getPort(),
              "-tls1_2",
              "-legacy_renegotiation");
      assertThat(said.text()).contains("RENEGOTIATING").doesNotContain("you said");
      assertThat(Openssl.client(server.address().getPort(), "hi\n").text()).contains("you said");
    }
  }

  @Test
  void shouldAskForCertificatesAndCheckThem() throws Exception {
    TlsSite site =
        TlsSite.of(AUTHORITY.issueServer("localhost"))
            .clientCertificates(ClientCertificates.REQUIRED, List.of(AUTHORITY.certificate()));
    TlsIdentity client = AUTHORITY.issueClient("alice");
    String certificate = file("client.pem", client.certificatesPem());
    String key = file("client.key", client.keyPem());
    try (LoopGroup group = group();
        TcpServer server = serve(group, TlsServerOptions.of(site))) {
      int port = server.address().getPort();
      for (String version : List.of("-tls1_3", "-tls1_2")) {
        assertThat(Openssl.client(port, "hi\n", version, "-cert", certificate, "-key", key).text())
            .contains("you said hi");
        assertThat(Openssl.client(port, "hi\n", version).text())
            .contains("alert")
            .doesNotContain("you said");
      }
    }
  }
}
