package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Loop;
import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.proxy.ProxyTrust;
import gyre.tls.SelfSigned;
import gyre.tls.TlsIdentity;
import gyre.tls.TlsServer;
import gyre.tls.TlsServerOptions;
import java.io.DataInputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** PROXY headers, choices by ClientHello, and TLS that ends here. */
@Timeout(60)
final class ProtocolTest {
  private static final int SIGNATURE_BYTES = 12;

  private final Peers peers = new Peers();
  private final LoopGroup group = LoopGroup.open(1);

  @AfterEach
  void close() throws Exception {
    peers.close();
    group.close();
  }

  private Balancer open(UnaryOperator<ListenConfig> change, PoolConfig... pools) {
    return open(group, change, pools);
  }

  private static Balancer open(
      LoopGroup group, UnaryOperator<ListenConfig> change, PoolConfig... pools) {
    ListenConfig listen =
        change.apply(ListenConfig.of("web", BalancerTest.anyPort(), pools[0].name()));
    return Balancer.open(
        group,
        BalancerConfig.of(List.of(listen), List.of(pools)).stopTimeout(Duration.ofMillis(50)));
  }

  private Socket connect(Balancer balancer) throws Exception {
    return peers.connect(Objects.requireNonNull(balancer.addresses().get("web")));
  }

  private static PoolConfig pool(String name, Peers.Server server) {
    return PoolConfig.of(name, List.of(server.target()));
  }

  @Test
  void shouldTellTheTargetOfTheClientByVersion1() throws Exception {
    Peers.Server server =
        peers.server(socket -> Peers.write(socket, Peers.readLine(socket) + "\n"));
    try (Balancer balancer = open(l -> l, pool("web", server).sendProxy(PoolConfig.SendProxy.V1))) {
      Socket socket = connect(balancer);
      assertThat(Peers.readLine(socket))
          .isEqualTo(
              "PROXY TCP4 127.0.0.1 127.0.0.1 "
                  + socket.getLocalPort()
                  + " "
                  + socket.getPort()
                  + "\r");
    }
  }

  @Test
  void shouldPassOnTheClientAndFieldsOfATrustedProxy() throws Exception {
    Peers.Server server =
        peers.server(socket -> {
          DataInputStream in = new DataInputStream(socket.getInputStream());
          byte[] head = in.readNBytes(SIGNATURE_BYTES + 2);
          assertThat(head[SIGNATURE_BYTES]).isEqualTo((byte) 0x21);
          byte[] rest = in.readNBytes(in.readUnsignedShort());
          Peers.write(
              socket,
              java.util.HexFormat.of().formatHex(rest) + " " + Peers.readLine(socket) + "\n");
        });
    try (Balancer balancer =
        open(
            l -> l.acceptProxy(ProxyTrust.of("127.0.0.0/8")),
            pool("web", server).sendProxy(PoolConfig.SendProxy.V2))) {
      Socket socket = connect(balancer);
      byte[] field = {5, 0, 2, 'i', 'd'}; // a unique id
      ByteBuffer header = ByteBuffer.allocate(16 + 12 + field.length);
      header.put(new byte[] {13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10, 0x21, 0x11});
      header.putShort((short) (12 + field.length));
      header.put(new byte[] {(byte) 192, 0, 2, 1, (byte) 192, 0, 2, 2});
      header.putShort((short) 1111).putShort((short) 2222).put(field);
      for (byte each : header.array()) { // as slowly as it can come
        socket.getOutputStream().write(each);
        socket.getOutputStream().flush();
      }
      Peers.write(socket, "hello\n");
      assertThat(Peers.readLine(socket)).isEqualTo("c0000201c0000202045708ae0500026964 hello");
    }
  }

  @Test
  void shouldTakeTheHeaderOfAStrangerForData() throws Exception {
    Peers.Server server =
        peers.server(socket -> Peers.write(socket, Peers.readLine(socket) + "\n"));
    try (Balancer balancer =
        open(l -> l.acceptProxy(ProxyTrust.of("192.0.2.0/24")), pool("web", server))) {
      Socket socket = connect(balancer);
      Peers.write(socket, "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
      assertThat(Peers.readLine(socket)).isEqualTo("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r");
    }
  }

  @Test
  void shouldResetATrustedProxyThatSendsSomethingElse() throws Exception {
    Peers.Server server = peers.echo("a");
    try (Balancer balancer =
        open(l -> l.acceptProxy(ProxyTrust.of("127.0.0.1")), pool("web", server))) {
      Socket socket = connect(balancer);
      Peers.write(socket, "GET / HTTP/1.1\r\n\r\n");
      assertThatThrownBy(() -> socket.getInputStream().read()).hasMessageContaining("reset");
      assertThat(server.connections.get()).isZero();
      Peers.until("it is counted", () -> balancer.counters().badHeaders.sum() == 1);
    }
  }

  // ---- by ClientHello

  private static byte[] hello(String name, String... protocols) throws Exception {
    SSLEngine engine = SSLContext.getDefault().createSSLEngine();
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName(name)));
    parameters.setApplicationProtocols(protocols);
    engine.setSSLParameters(parameters);
    ByteBuffer out = ByteBuffer.allocate(32_000);
    engine.wrap(ByteBuffer.allocate(0), out);
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  /**
   * Says its name, once it has got as many bytes as the hello has, and whether they are the same.
   */
  private Peers.Server named(String name, byte[] hello) throws Exception {
    return peers.server(socket -> {
      byte[] got = socket.getInputStream().readNBytes(hello.length);
      Peers.write(socket, name + " " + java.util.Arrays.equals(got, hello) + "\n");
    });
  }

  @Test
  void shouldChooseThePoolByTheNameAndPassTheHelloOn() throws Exception {
    byte[] hello = hello("www.example.org", "h2");
    PoolConfig main = pool("main", named("main", hello));
    PoolConfig other = pool("other", named("other", hello));
    Map<String, String> names = Map.of("*.example.org", "other");
    try (Balancer balancer = open(l -> l.serverNames(names), main, other)) {
      Socket socket = connect(balancer);
      for (byte each : hello) {
        socket.getOutputStream().write(each);
        socket.getOutputStream().flush();
      }
      assertThat(Peers.readLine(socket)).isEqualTo("other true");
    }
  }

  @Test
  void shouldChooseThePoolByTheProtocol() throws Exception {
    byte[] hello = hello("www.example.org", "h2", "http/1.1");
    PoolConfig main = pool("main", named("main", hello));
    PoolConfig other = pool("other", named("other", hello));
    try (Balancer balancer =
        open(l -> l.applicationProtocols(Map.of("http/1.1", "other")), main, other)) {
      Socket socket = connect(balancer);
      socket.getOutputStream().write(hello);
      assertThat(Peers.readLine(socket)).isEqualTo("other true");
    }
  }

  @Test
  void shouldSendWhatIsNoTlsToTheUsualPool() throws Exception {
    PoolConfig main = pool("main", peers.echo("main"));
    PoolConfig other = pool("other", peers.echo("other"));
    try (Balancer balancer =
        open(l -> l.serverNames(Map.of("example.org", "other")), main, other)) {
      Socket socket = connect(balancer);
      Peers.write(socket, "hello\n");
      assertThat(Peers.readLine(socket)).isEqualTo("main");
      assertThat(Peers.readLine(socket)).isEqualTo("hello");
    }
  }

  @Test
  void shouldResetAClientThatDoesNotFinishItsHello() throws Exception {
    byte[] hello = hello("www.example.org");
    PoolConfig main = pool("main", peers.echo("main"));
    try (Balancer balancer =
        open(l -> l.serverNames(Map.of("a", "main")).helloTimeout(Duration.ofMillis(50)), main)) {
      assertThatThrownBy(
              () -> { // its time may be over before it has written
                Socket socket = connect(balancer);
                socket.getOutputStream().write(hello, 0, 100);
                int ended = socket.getInputStream().read();
                assertThat(ended).as("in order").isNotEqualTo(-1);
              })
          .isInstanceOf(SocketException.class)
          .hasMessageMatching(".*(reset|Broken pipe).*");
    }
  }

  // ---- TLS that ends here

  private static SSLSocket tls(Socket tcp, TlsIdentity trustedOne) throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null);
    trusted.setCertificateEntry("one", trustedOne.certificate());
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return (SSLSocket) context.getSocketFactory().createSocket(tcp, "example.org", 443, true);
  }

  @Test
  void shouldEndTlsAndSpeakPlainlyToTheTarget() throws Exception {
    TlsIdentity identity = SelfSigned.server("example.org");
    Peers.Server server = peers.echo("plain");
    try (Balancer balancer =
        open(l -> l.tls(TlsServer.of(TlsServerOptions.of(identity))), pool("web", server))) {
      try (SSLSocket socket = tls(connect(balancer), identity)) {
        assertThat(Peers.readLine(socket)).isEqualTo("plain");
        Peers.write(socket, "secret\n");
        assertThat(Peers.readLine(socket)).isEqualTo("secret");
        socket.shutdownOutput();
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
      }
    }
  }

  @Test
  void shouldHoldBackAClientOfTlsForASlowTarget() throws Exception {
    TlsIdentity identity = SelfSigned.server("example.org");
    CountDownLatch mayRead = new CountDownLatch(1);
    Peers.Server server =
        peers.server(socket -> {
          mayRead.await();
          long read = socket.getInputStream().transferTo(OutputStream.nullOutputStream());
          Peers.write(socket, read + "\n");
        });
    LoopOptions little = LoopOptions.defaults().poolLimitBytes(16 << 20);
    try (LoopGroup small = LoopGroup.open(1, little);
        Balancer balancer =
            open(
                small,
                l -> l.tls(TlsServer.of(TlsServerOptions.of(identity))),
                pool("web", server))) {
      SSLSocket socket = tls(connect(balancer), identity);
      AtomicLong sent = new AtomicLong();
      AtomicBoolean isEnough = new AtomicBoolean();
      Thread sender = Peers.flood(socket, sent, isEnough);
      Peers.untilHeldBack(sent);
      isEnough.set(true);
      mayRead.countDown();
      String read = Peers.readLine(socket);
      sender.join();
      assertThat(read).isEqualTo(String.valueOf(sent.get()));
    }
  }

  @Test
  void shouldKeepNothingOfAClientThatBreaksItsHandshake() throws Exception {
    TlsIdentity identity = SelfSigned.server("example.org");
    Peers.Server server = peers.echo("plain");
    try (Balancer balancer =
        open(l -> l.tls(TlsServer.of(TlsServerOptions.of(identity))), pool("web", server))) {
      for (int i = 0; i < 10; i++) {
        Socket socket = connect(balancer);
        if (i % 2 == 0) {
          Peers.write(socket, "GET / HTTP/1.1\r\n\r\n");
        }
        socket.close();
      }
      Peers.until("all have ended", () -> balancer.counters().done.sum() == 10);
      Peers.until("their streams are closed", () -> tlsStreams() == 0);
    }
  }

  private long tlsStreams() {
    return onLoop(() ->
        Loop.current().handles().stream()
            .filter(handle -> handle.kind().equals("tls-stream"))
            .count());
  }

  private <T> T onLoop(Supplier<T> what) {
    CompletableFuture<T> result = new CompletableFuture<>();
    group.loop(0).post(() -> result.complete(what.get()));
    return result.join();
  }

  @Test
  void shouldHoldNoPlaceAtATargetBeforeTheHandshake() throws Exception {
    TlsIdentity identity = SelfSigned.server("example.org");
    Peers.Server server = peers.echo("a");
    PoolConfig pool =
        PoolConfig.of("web", List.of(server.target().maxConnections(1)))
            .queueTimeout(Duration.ZERO);
    try (Balancer balancer = open(l -> l.tls(TlsServer.of(TlsServerOptions.of(identity))), pool)) {
      Socket silent = connect(balancer);
      Peers.until("it is accepted", () -> balancer.sessions() == 1);
      assertThat(Peers.readLine(tls(connect(balancer), identity))).isEqualTo("a");
      assertThat(silent.isConnected()).isTrue();
    }
  }

  @Test
  void shouldTakeNamesOfServersInAnyCase() {
    ListenConfig listen = ListenConfig.of("web", BalancerTest.anyPort(), "main");
    assertThat(listen.serverNames(Map.of("Shop.Example.ORG.", "shop")).serverNames())
        .isEqualTo(Map.of("shop.example.org", "shop"));
    assertThatThrownBy(() -> listen.serverNames(Map.of("a.test", "x", "A.test", "y")))
        .hasMessageContaining("a.test is there twice");
  }
}
