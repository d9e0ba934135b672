package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Deadline;
import gyre.LoopGroup;
import gyre.balancer.choice.Algorithm;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that wait while all targets are full, and what lets them go on. */
@Tag("fiber-modes-2")
@Timeout(60)
final class WaitLineTest {
  private final Peers peers = new Peers();
  private final LoopGroup group = LoopGroup.open(2);

  @AfterEach
  void close() throws Exception {
    peers.close();
    group.close();
  }

  private Balancer open(PoolConfig pool) {
    return Balancer.open(
        group,
        BalancerConfig.of(
                List.of(ListenConfig.of("web", BalancerTest.anyPort(), "web")),
                List.of(pool.queueTimeout(Duration.ofSeconds(20))))
            .stopTimeout(Duration.ofMillis(50)));
  }

  private Socket connect(Balancer balancer) throws Exception {
    return peers.connect(Objects.requireNonNull(balancer.addresses().get("web")));
  }

  private static void untilWaiting(Balancer balancer, int clients) {
    Pool pool = Objects.requireNonNull(balancer.pool("web"));
    Peers.until(clients + " wait", () -> pool.line().size() == clients);
  }

  private List<Socket> waiting(Balancer balancer, int clients) throws Exception {
    List<Socket> waiting = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      waiting.add(connect(balancer));
      untilWaiting(balancer, i + 1);
    }
    return waiting;
  }

  @ParameterizedTest
  @ValueSource(strings = {"add", "ready", "weight"})
  void shouldServeAllWhoWaitWhereATargetWithRoomAppears(String how) throws Exception {
    Peers.Server full = peers.echo("full");
    Peers.Server fresh = peers.echo("fresh");
    TargetConfig second = fresh.target().name("second");
    List<TargetConfig> targets = new ArrayList<>();
    targets.add(full.target().maxConnections(1));
    if (how.equals("weight")) {
      targets.add(second.weight(0));
    } else if (how.equals("ready")) {
      targets.add(second);
    }
    try (Balancer balancer = open(PoolConfig.of("web", targets))) {
      if (how.equals("ready")) {
        balancer.command("{\"command\":\"drain\",\"target\":\"web/second\"}");
      }
      assertThat(Peers.readLine(connect(balancer))).isEqualTo("full");
      List<Socket> waiting = waiting(balancer, 4);
      String answer =
          balancer.command(
              switch (how) {
                case "add" ->
                    "{\"command\":\"add\",\"pool\":\"web\",\"address\":\""
                        + Addresses.format(fresh.address())
                        + "\"}";
                case "ready" -> "{\"command\":\"ready\",\"target\":\"web/second\"}";
                default -> "{\"command\":\"weight\",\"target\":\"web/second\",\"weight\":\"1\"}";
              });
      assertThat(answer).contains("\"ok\":true");
      for (Socket each : waiting) {
        assertThat(Peers.readLine(each)).isEqualTo("fresh");
      }
    }
  }

  private static WaitLine.Place enter(WaitLine line, boolean isPicky) {
    WaitLine.Place place = new WaitLine.Place(isPicky);
    assertThat(line.enter(place, 100)).isTrue();
    return place;
  }

  private static boolean isWoken(WaitLine line, WaitLine.Place place) {
    return line.await(place, Deadline.in(Duration.ZERO));
  }

  /** Or each of many who leave has one of the others look for nothing. */
  @Test
  void shouldWakeNobodyWhereSomebodyGivesUp() throws Exception {
    List<Boolean> woken =
        group
            .loop(0)
            .call(() -> {
              WaitLine line = new WaitLine();
              WaitLine.Place first = enter(line, false);
              WaitLine.Place picky = enter(line, true);
              WaitLine.Place third = enter(line, false);
              WaitLine.Place last = enter(line, false);
              line.leave(first, false);
              List<Boolean> seen = new ArrayList<>();
              seen.add(isWoken(line, picky) || isWoken(line, third) || line.size() != 3);
              line.wake(); // which does for both of them
              seen.add(isWoken(line, picky));
              line.again(picky);
              line.leave(picky, false);
              seen.add(isWoken(line, last));
              line.leave(third, false); // without having looked
              seen.add(isWoken(line, last));
              line.leave(last, true);
              seen.add(line.size() == 0 && line.isOpen());
              return seen;
            });
    assertThat(woken).containsExactly(false, true, false, true, true);
  }

  @Test
  void shouldPassBySomebodyWhoCanNotUseThePlace() throws Exception {
    Peers.Server back = Peers.gone();
    Peers.Server full = peers.echo("full");
    PoolConfig pool =
        PoolConfig.of("web", List.of(back.target(), full.target().maxConnections(1)))
            .algorithm(Algorithm.LEAST_CONNECTIONS);
    try (Balancer balancer = open(pool)) {
      assertThat(Peers.readLine(connect(balancer))).isEqualTo("full"); // maybe after a refusal
      Socket picky = connect(balancer);
      untilWaiting(balancer, 1);
      assertThat(picky.isConnected()).isTrue();
      Peers.Server again = peers.echo("again", back.address().getPort());
      assertThat(Peers.readLine(connect(balancer))).isEqualTo("again");
      assertThat(Peers.readLine(connect(balancer))).isEqualTo("again");
      untilWaiting(balancer, 1);
      assertThat(again.connections.get()).isEqualTo(2);
    }
  }
}
