package gyre.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import gyre.Fiber;
import gyre.Loops;
import gyre.Task;
import gyre.io.ByteStream;
import gyre.tls.TlsWorld.Ends;
import gyre.tls.TlsWorld.Raw;
import java.lang.management.ManagementFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rows of the attack table that are about TLS, each by its name. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TlsAttackTest {
  private static final TlsServerOptions SERVER = TlsServerOptions.of(TlsWorld.LOCALHOST);

  private static void run(Task body) {
    Loops.run("epoll", body);
  }

  /** CVE-2025-23419: a session of a site without rules opens none that asks for certificates. */
  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void shouldNotResumeASessionAtASiteOfOtherRules(String protocol) {
    TlsSite guarded =
        TlsSite.of(TlsWorld.AUTHORITY.issueServer("localhost", "admin.test"))
            .clientCertificates(
                ClientCertificates.REQUIRED, List.of(TlsWorld.AUTHORITY.certificate()));
    TlsServerOptions options =
        TlsServerOptions.of(TlsWorld.AUTHORITY.issueServer("localhost", "admin.test"))
            .site("admin.test", guarded);
    run(() -> {
      TlsServer server = TlsWorld.server(options);
      // One memory of sessions for both names, as an attacker would have.
      TlsClient client =
          TlsClient.of(TlsWorld.trusting().protocols(protocol).verifyHostName(false));
      talk(server, client, "localhost");
      Raw raw = TlsWorld.raw();
      TlsStream far = server.stream(raw.far());
      TlsStream near = client.stream(raw.near(), "admin.test", 1);
      assertThatThrownBy(
              () -> {
                near.handshake();
                boolean ignored = near.await(1);
              })
          .isInstanceOf(TlsException.class);
      assertThatThrownBy(far::handshake)
          .isInstanceOf(TlsException.class)
          .hasMessageContaining("the client has shown no certificate");
      near.close();
      far.close();
    });
  }

  private static void talk(TlsServer server, TlsClient client, String host) {
    Raw raw = TlsWorld.raw();
    TlsStream far = server.stream(raw.far());
    TlsStream near = client.connect(raw.near(), host, 1);
    far.write("x");
    assertThat(near.readExactly(1)).hasSize(1); // with it the ticket
    near.close();
    far.close();
  }

  /** Each set of rules has a memory of sessions of its own; one that is used twice has one. */
  @Test
  void shouldHaveAContextForEachSetOfRules() throws Exception {
    TlsIdentity one = TlsWorld.AUTHORITY.issueServer("one.test");
    TlsSite other = TlsSite.of(TlsWorld.LOCALHOST);
    ServerRole role =
        new ServerRole(
            TlsServerOptions.of(one).site("a.test", other).site("b.test", other),
            new HandshakeGate(1));
    assertThat(sessions(role, "a.test")).isSameAs(sessions(role, "b.test"));
    assertThat(sessions(role, "a.test")).isNotSameAs(sessions(role, "c.test"));
  }

  /** It is done for each request: a bundle of authorities must not be copied for it. */
  @Test
  void shouldCompareRulesWithoutAllocating() {
    List<X509Certificate> authorities = List.of(TlsWorld.AUTHORITY.certificate());
    TlsSite one = TlsSite.of(TlsWorld.LOCALHOST);
    TlsSite shown = one.clientCertificates(ClientCertificates.REQUIRED, authorities);
    ServerRole role =
        new ServerRole(
            TlsServerOptions.of(one)
                .site("same.test", TlsSite.of(TlsWorld.LOCALHOST))
                .site("a.test", shown)
                .site("b.test", one.clientCertificates(ClientCertificates.REQUIRED, authorities))
                .site("c.test", one.clientCertificates(ClientCertificates.WANTED, authorities)),
            new HandshakeGate(1));
    assertThat(role.hasSeveralRules()).isTrue();
    assertThat(role.hasSameRules("a.test", "b.test")).isTrue();
    assertThat(role.hasSameRules("a.test", "c.test")).isFalse();
    assertThat(role.hasSameRules("same.test", null)).isTrue();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    int same = 0;
    for (int i = 0; i < 10_000; i++) {
      same += role.hasSameRules("a.test", "b.test") ? 1 : 0;
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
    assertThat(same).isEqualTo(10_000);
  }

  private static Object sessions(ServerRole role, String name) throws Exception {
    SSLEngine engine = role.choose(new ClientHello(name, List.of(), List.of(), false)).engine();
    SSLSession session = engine.getSession();
    assertThat(session.getProtocol()).isEqualTo("NONE");
    return role.contextFor(name).getServerSessionContext();
  }

  /** CVE-2023-34462: a hello of 16 MiB is refused by its length, before it is there. */
  @Test
  void shouldRefuseAHelloThatSaysItIsLong() {
    run(() -> {
      Raw raw = TlsWorld.raw();
      TlsStream far = TlsWorld.server(SERVER).stream(raw.far());
      raw.near().write(new byte[] {22, 3, 1, 0x40, 0, 1, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF});
      assertThatThrownBy(far::handshake)
          .isInstanceOf(TlsException.class)
          .hasMessageContaining("16777215 bytes, and at most 16384 are allowed");
      assertThat(TlsStreamTest.alert(raw.near())).isEqualTo(AlertException.RECORD_OVERFLOW);
      far.close();
      raw.near().close();
    });
  }

  @Test
  void shouldRefuseAHelloInVeryManyRecords() {
    run(() -> {
      Raw raw = TlsWorld.raw();
      TlsStream far = TlsWorld.server(SERVER).stream(raw.far());
      raw.near().write(new byte[] {22, 3, 1, 0, 4, 1, 0, 0x20, 0});
      for (int i = 0; i < 100; i++) {
        raw.near().write(new byte[] {22, 3, 1, 0, 1, 0});
      }
      assertThatThrownBy(far::handshake).hasMessageContaining("more than 64 records");
      far.close();
      raw.near().close();
    });
  }

  @Test
  void shouldRefuseRenegotiationInTls12() {
    run(() -> {
      Ends ends = TlsWorld.ends(SERVER, TlsWorld.trusting().protocols("TLSv1.2"));
      ends.near().tlsEngine().beginHandshake();
      ends.near().write("x");
      assertThatThrownBy(() -> ends.far().await(1))
          .isInstanceOf(TlsException.class)
          .hasMessageContaining("renegotiate, which is refused");
      ends.near().reset();
      ends.close();
    });
  }

  @Test
  void shouldGiveUpAHandshakeThatTakesTooLong() {
    run(() -> {
      Raw raw = TlsWorld.raw();
      TlsServerOptions hasty = SERVER.handshakeTimeout(Duration.ofMillis(20));
      TlsStream far = TlsWorld.server(hasty).stream(raw.far());
      raw.near().write(new byte[] {22, 3, 1}); // and nothing more
      assertThatThrownBy(far::handshake)
          .isInstanceOfSatisfying(
              TlsException.class, failure -> assertThat(failure.isTimeout()).isTrue())
          .hasMessageContaining("took longer than PT0.02S");
      assertThat(raw.near().await(1)).isFalse();
      far.close();
      raw.near().close();
    });
  }

  /** A flood of handshakes: so many are under way, others wait and are served after them. */
  @Test
  void shouldHaveNoMoreHandshakesUnderWayThanTheLimit() {
    HandshakeGate gate = new HandshakeGate(2);
    TlsServer server = TlsServer.of(SERVER.tasks(TaskPlace.WORKERS), gate);
    TlsClient client = TlsClient.of(TlsWorld.trusting());
    run(() -> {
      List<Fiber<?>> fibers = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        fibers.add(Fiber.start(() -> talk(server, client, "localhost")));
      }
      fibers.forEach(Fiber::join);
    });
    assertThat(gate.mostInFlight()).isEqualTo(2);
    assertThat(gate.inFlight()).isZero();
    assertThat(gate.waiting()).isZero();
  }

  /** Those that say nothing after the server has answered keep nobody out. */
  @Test
  void shouldServeOthersWhileHandshakesStall() {
    HandshakeGate gate = new HandshakeGate(2);
    TlsServer server = TlsServer.of(SERVER, gate);
    TlsClient client = TlsClient.of(TlsWorld.trusting());
    run(() -> {
      List<ByteStream> stalled = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        Raw raw = TlsWorld.raw();
        stalled.add(server.stream(raw.far()));
        stalled.add(raw.near());
        raw.near().write(Hellos.of("localhost"));
        assertThat(raw.near().await(1)).isTrue(); // it is answered, and the client says nothing
      }
      assertThat(gate.inFlight()).isZero();
      assertThat(server.isBusy()).isFalse();
      talk(server, client, "localhost");
      stalled.forEach(ByteStream::close);
    });
    assertThat(gate.inFlight()).isZero();
  }

  /** A client cannot have its handshake done in pieces that are not counted. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldWaitForAPlaceAgainWhenTheClientGoesOn(boolean isAdmitted) {
    HandshakeGate gate = new HandshakeGate(1);
    run(() -> {
      Raw raw = TlsWorld.raw();
      TlsStream far = TlsServer.of(SERVER, gate).stream(raw.far());
      raw.near().write(Hellos.of("localhost"));
      assertThat(raw.near().await(1)).isTrue();
      assertThat(gate.inFlight()).isZero();
      assertThat(gate.enter(() -> {})).isTrue(); // somebody else works
      raw.near().write(new byte[] {22, 3, 3, 0, 1, 0}); // which is nonsense
      while (gate.waiting() == 0) {
        Fiber.sleep(Duration.ofMillis(1));
      }
      assertThat(far.phase()).isEqualTo(TlsCore.Phase.HANDSHAKE);
      if (isAdmitted) {
        gate.leave();
        assertThatThrownBy(far::handshake).isInstanceOf(TlsException.class);
      } else {
        far.reset();
        assertThat(gate.waiting()).isZero();
        gate.leave();
      }
      far.close();
      raw.near().close();
    });
    assertThat(gate.inFlight()).isZero();
    assertThat(gate.waiting()).isZero();
  }

  /** However a handshake ends, its place is given back. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 50, 300})
  void shouldGiveThePlaceBackWhereTheClientLeaves(int bytes) {
    HandshakeGate gate = new HandshakeGate(1);
    byte[] hello = Hellos.of("localhost");
    run(() -> {
      for (int i = 0; i < 3; i++) {
        Raw raw = TlsWorld.raw();
        TlsStream far = TlsServer.of(SERVER, gate).stream(raw.far());
        raw.near().write(hello, 0, Math.min(bytes, hello.length));
        raw.near().flush();
        raw.near().close();
        assertThatThrownBy(far::handshake).isInstanceOf(TlsException.class);
        far.close();
      }
    });
    assertThat(gate.inFlight()).isZero();
    assertThat(gate.waiting()).isZero();
  }

  @Test
  void shouldRefuseARecordThatIsLongerThanTlsAllows() {
    run(() -> {
      Ends ends = TlsWorld.ends(SERVER, TlsWorld.trusting());
      ends.near().flush();
      ends.near().lower().write(new byte[] {23, 3, 3, (byte) 0xFF, (byte) 0xFF, 0});
      assertThatThrownBy(() -> ends.far().await(1)).hasMessageContaining("longer than TLS allows");
      ends.near().reset();
      ends.close();
    });
  }

  @Test
  void shouldRefuseABitThatWasChangedOnTheWay() {
    run(() -> {
      Ends ends = TlsWorld.ends(SERVER, TlsWorld.trusting());
      ends.near().flush();
      byte[] forged = new byte[5 + 40];
      forged[0] = 23;
      forged[1] = 3;
      forged[2] = 3;
      forged[4] = 40;
      ends.near().lower().write(forged);
      assertThatThrownBy(() -> ends.far().await(1)).isInstanceOf(TlsException.class);
      assertThatThrownBy(() -> ends.near().await(1))
          .hasMessageContaining("Received fatal alert: bad_record_mac");
      ends.close();
    });
  }
}
