package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Scope;
import gyre.net.Datagram;
import gyre.net.DnsConfig;
import gyre.net.DnsResolver;
import gyre.net.UdpSocket;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Names in virtual time: how long answers are believed, and a network that loses datagrams. */
@Timeout(120)
class DnsSimTest {
  private static final int PORT = 53;
  private static final int A = 1;
  private static final InetAddress FOUND = InetAddress.ofLiteral("192.0.2.7");

  /** Knows an address of every name that begins with k, for 60 s; of others nothing, for 30 s. */
  private static void serve() {
    try (UdpSocket socket = UdpSocket.bind("0.0.0.0", PORT)) {
      while (true) {
        Datagram question = socket.receive();
        byte[] bytes = new byte[question.payload().remaining()];
        question.payload().get(bytes);
        socket.send(ByteBuffer.wrap(answer(bytes)), question.address());
      }
    }
  }

  private static byte[] answer(byte[] question) {
    boolean isKnown = question[13] == 'k' && question[question.length - 3] == A;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(question, 0, 2);
    out.writeBytes(new byte[] {(byte) 0x81, (byte) (question[13] == 'k' ? 0x80 : 0x83), 0, 1});
    out.writeBytes(new byte[] {0, (byte) (isKnown ? 1 : 0), 0, (byte) (isKnown ? 0 : 1), 0, 0});
    out.write(question, 12, question.length - 12);
    if (isKnown) {
      out.writeBytes(new byte[] {(byte) 0xC0, 12, 0, A, 0, 1, 0, 0, 0, 60, 0, 4});
      out.writeBytes(FOUND.getAddress());
    } else {
      out.writeBytes(new byte[] {0, 0, 6, 0, 1, 0, 0, 2, 0, 0, 22});
      out.writeBytes(new byte[18]);
      out.writeBytes(new byte[] {0, 0, 0, 30});
    }
    return out.toByteArray();
  }

  private interface Body {
    void run(DnsResolver names) throws Exception;
  }

  private static void ask(Host server, Duration timeout, Body body) throws Exception {
    Fiber.sleep(Duration.ofMillis(10));
    DnsConfig config =
        DnsConfig.of(new InetSocketAddress(server.address(), PORT)).timeout(timeout).attempts(10);
    try (DnsResolver names = DnsResolver.open(config)) {
      body.run(names);
    }
  }

  @Test
  void shouldBelieveAnswersAsLongAsTheySay() {
    Simulation.seed(1)
        .limit(Duration.ofHours(1))
        .world(world -> {
          Host server = world.host("server").background(DnsSimTest::serve);
          world
              .host("client")
              .run(() ->
                  ask(
                      server,
                      Duration.ofSeconds(1),
                      names -> {
                        assertThat(names.resolve("known.test")).containsExactly(FOUND);
                        Fiber.sleep(Duration.ofSeconds(29));
                        assertThat(names.resolve("known.test")).containsExactly(FOUND);
                        assertThat(names.queries()).as("both families, once").isEqualTo(2);
                        Fiber.sleep(Duration.ofSeconds(10));
                        assertThat(names.resolve("known.test")).containsExactly(FOUND);
                        assertThat(names.queries()).as("that there is none of IPv6").isEqualTo(3);
                        Fiber.sleep(Duration.ofSeconds(25));
                        assertThat(names.resolve("known.test")).containsExactly(FOUND);
                        assertThat(names.queries()).as("the address").isEqualTo(4);
                        for (int i = 0; i < 3; i++) {
                          assertThatThrownBy(() -> names.resolve("none.test"))
                              .isInstanceOf(UnknownHostException.class);
                        }
                        assertThat(names.queries()).isEqualTo(6);
                      }));
        })
        .check();
  }

  @Test
  void shouldFindNamesThoughDatagramsAreLost() {
    for (int seed = 0; seed < 30; seed++) {
      Simulation.seed(seed)
          .limit(Duration.ofHours(1))
          .world(world -> {
            Host server = world.host("server").background(DnsSimTest::serve);
            Host client = world.host("client");
            world.link("client", "server").loss(0.3);
            client.run(() ->
                ask(
                    server,
                    Duration.ofMillis(200),
                    names -> {
                      try (Scope scope = Scope.open("askers")) {
                        for (int i = 0; i < 10; i++) {
                          String name = "k" + i % 5 + ".test";
                          scope.start(
                              () -> assertThat(names.resolve(name)).isEqualTo(List.of(FOUND)));
                        }
                        scope.join();
                      }
                      assertThat(names.queries()).isGreaterThanOrEqualTo(10);
                    }));
          })
          .check();
    }
  }
}
