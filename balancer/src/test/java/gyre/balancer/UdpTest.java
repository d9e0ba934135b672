package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.FreePort;
import gyre.LoopGroup;
import gyre.balancer.choice.Algorithm;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Flows of UDP, with clients and targets of the JDK. */
@Tag("fiber-modes-2")
@Timeout(60)
final class UdpTest {
  private final LoopGroup group = LoopGroup.open(2);
  private final List<DatagramSocket> sockets = new ArrayList<>();

  @AfterEach
  void close() {
    sockets.forEach(DatagramSocket::close);
    group.close();
  }

  private DatagramSocket socket() throws IOException {
    DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    socket.setSoTimeout(Peers.PATIENCE_MILLIS);
    sockets.add(socket);
    return socket;
  }

  /** Answers each datagram by its name and what came, so many times. */
  private TargetConfig target(String name, int answers) throws IOException {
    DatagramSocket socket = socket();
    Thread.ofVirtual()
        .start(() -> {
          byte[] room = new byte[2000];
          while (!socket.isClosed()) {
            try {
              DatagramPacket packet = new DatagramPacket(room, room.length);
              socket.receive(packet);
              byte[] answer = (name + " " + text(packet)).getBytes(StandardCharsets.UTF_8);
              for (int i = 0; i < answers; i++) {
                socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
              }
            } catch (IOException e) {
              // Closed, or nothing came.
            }
          }
        });
    return TargetConfig.of((InetSocketAddress) socket.getLocalSocketAddress()).name(name);
  }

  private static String text(DatagramPacket packet) {
    return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
  }

  private Balancer open(UnaryOperator<ListenConfig> change, PoolConfig pool) {
    ListenConfig listen =
        ListenConfig.of("dns", BalancerTest.anyPort(), "dns").protocol(ListenConfig.Protocol.UDP);
    return Balancer.open(
        group,
        BalancerConfig.of(List.of(change.apply(listen)), List.of(pool))
            .stopTimeout(Duration.ofMillis(50)));
  }

  private static void send(DatagramSocket from, Balancer balancer, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    InetSocketAddress where = Objects.requireNonNull(balancer.addresses().get("dns"));
    from.send(new DatagramPacket(bytes, bytes.length, where));
  }

  private static String receive(DatagramSocket socket) throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
    socket.receive(packet);
    return text(packet);
  }

  /** Sends again until there is an answer. */
  private String ask(Balancer balancer, String text) throws IOException {
    DatagramSocket client = socket();
    client.setSoTimeout(200);
    for (int i = 0; i < 150; i++) {
      send(client, balancer, text);
      try {
        return receive(client);
      } catch (SocketTimeoutException e) {
        // Lost.
      }
    }
    throw new AssertionError("no answer");
  }

  @Test
  void shouldKeepAFlowAtItsTargetAndSpreadFlows() throws IOException {
    PoolConfig pool =
        PoolConfig.of("dns", List.of(target("a", 1), target("b", 1)))
            .algorithm(Algorithm.ROUND_ROBIN);
    try (Balancer balancer = open(l -> l, pool)) {
      TreeMap<String, Integer> flows = new TreeMap<>();
      for (int i = 0; i < 6; i++) {
        DatagramSocket client = socket();
        send(client, balancer, "one");
        String first = receive(client);
        flows.merge(first, 1, Integer::sum);
        send(client, balancer, "two");
        assertThat(receive(client)).isEqualTo(first.replace("one", "two"));
      }
      assertThat(flows).hasToString("{a one=3, b one=3}");
      assertThat(balancer.sessions()).isEqualTo(6);
      assertThat(balancer.counters().datagramsOut.sum()).isEqualTo(12);
    }
  }

  @Test
  void shouldEndAFlowAfterAsManyAnswersAsItExpects() throws IOException {
    PoolConfig pool = PoolConfig.of("dns", List.of(target("a", 2)));
    try (Balancer balancer = open(l -> l.udpReplies(2), pool)) {
      DatagramSocket client = socket();
      send(client, balancer, "x");
      assertThat(receive(client)).isEqualTo("a x");
      assertThat(receive(client)).isEqualTo("a x");
      Peers.until("it ends", () -> balancer.sessions() == 0);
    }
  }

  @Test
  void shouldEndAFlowInWhichNothingMoves() throws IOException {
    PoolConfig pool = PoolConfig.of("dns", List.of(target("a", 1)));
    try (Balancer balancer = open(l -> l.idleTimeout(Duration.ofMillis(40)), pool)) {
      // A flow may end before a slow machine has its answer, which is lost then, as UDP allows.
      assertThat(ask(balancer, "x")).isEqualTo("a x");
      Peers.until("it ends", () -> balancer.sessions() == 0);
      assertThat(ask(balancer, "y")).isEqualTo("a y");
    }
  }

  @Test
  void shouldLeaveOutATargetThatRefuses() throws IOException {
    TargetConfig refusing = TargetConfig.of(FreePort.nextAddress()).name("gone");
    PoolConfig pool =
        PoolConfig.of("dns", List.of(refusing, target("a", 1)))
            .algorithm(Algorithm.ROUND_ROBIN)
            .outlier(OutlierConfig.defaults().failures(1));
    try (Balancer balancer = open(l -> l, pool)) {
      String answer = ask(balancer, "x"); // the first datagram goes to nobody
      assertThat(answer).isEqualTo("a x");
      assertThat(String.join("\n", balancer.recentEvents()))
          .contains("dns/gone: left out for 30 s");
    }
  }

  @Test
  void shouldBoundTheNumberOfFlows() throws IOException {
    PoolConfig pool = PoolConfig.of("dns", List.of(target("a", 1)));
    try (Balancer balancer = open(l -> l.maxConnections(1), pool)) {
      DatagramSocket first = socket();
      send(first, balancer, "x");
      assertThat(receive(first)).isEqualTo("a x");
      send(socket(), balancer, "y");
      Peers.until("it is dropped", () -> balancer.counters().datagramsDropped.sum() == 1);
      assertThat(balancer.sessions()).isEqualTo(1);
    }
  }

  @Test
  void shouldCountAndLogFlowsThatTheEndOfItsLoopEnds(@TempDir Path directory) throws Exception {
    PoolConfig pool = PoolConfig.of("dns", List.of(target("a", 1)));
    Path log = directory.resolve("access.log");
    Balancer balancer;
    Target target;
    try (LoopGroup own = LoopGroup.open(1)) {
      ListenConfig listen =
          ListenConfig.of("dns", BalancerTest.anyPort(), "dns").protocol(ListenConfig.Protocol.UDP);
      balancer =
          Balancer.open(own, BalancerConfig.of(List.of(listen), List.of(pool)).accessLog(log));
      assertThat(ask(balancer, "x")).isEqualTo("a x");
      target = balancer.pools().getFirst().targets().getFirst();
      assertThat(target.active()).isPositive();
    }
    assertThat(target.active()).isZero();
    assertThat(balancer.sessions()).isZero();
    Objects.requireNonNull(balancer.accessLog()).close();
    assertThat(log).content().contains("stopped");
  }

  @ParameterizedTest
  @CsvSource({"111, true", "113, true", "101, true", "90, false", "105, false", "1, false"})
  void shouldBlameATargetForWhatItOrTheWayToItSaysAlone(int errno, boolean isBlamed) {
    assertThat(UdpListener.isOfTheTarget(errno)).isEqualTo(isBlamed);
  }
}
