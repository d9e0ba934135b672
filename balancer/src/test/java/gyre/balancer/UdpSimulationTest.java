package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.net.Datagram;
import gyre.net.UdpSocket;
import gyre.sim.Simulation;
import gyre.sim.World;
import gyre.sim.WorldEngine;
import gyre.sim.fault.Faults;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Flows over long times, which pass quickly here. */
@Timeout(60)
final class UdpSimulationTest {
  private static final int PORT = 53;

  private @Nullable Balancer opened;

  private interface Client {
    void run(UdpSocket socket);
  }

  /** A world with two targets, a balancer that does something after a second, and a client. */
  private void run(Duration idle, PoolConfig pool, Runnable change, Client client) {
    for (WorldEngine engine : WorldEngine.values()) {
      run(engine, idle, pool, change, client);
    }
  }

  private void run(
      WorldEngine engine, Duration idle, PoolConfig pool, Runnable change, Client client) {
    Simulation.seed(7)
        .engine(engine)
        .limit(Duration.ofHours(1))
        .faults(Faults.none())
        .world(world -> {
          target(world, "a", "10.0.1.1");
          target(world, "b", "10.0.1.2");
          world
              .host("balancer")
              .reliable()
              .background(() -> {
                opened = Balancer.open(Loop.current(), config(idle, pool), new Events(false));
                Fiber.sleep(Duration.ofSeconds(1));
                change.run();
                Fiber.sleep(Duration.ofHours(2));
              });
          world
              .host("client")
              .reliable()
              .run(() -> {
                Fiber.sleep(Duration.ofMillis(100));
                try (UdpSocket socket = UdpSocket.open()) {
                  client.run(socket);
                }
              });
        })
        .run();
  }

  private static void target(World world, String name, String address) {
    world
        .host(name)
        .address(address)
        .reliable()
        .background(() -> {
          try (UdpSocket socket = UdpSocket.bind("0.0.0.0", PORT)) {
            while (true) {
              Datagram each = socket.receive();
              socket.send(ByteBuffer.wrap(name.getBytes(StandardCharsets.UTF_8)), each.address());
            }
          }
        });
  }

  private static BalancerConfig config(Duration idle, PoolConfig pool) {
    ListenConfig listen =
        ListenConfig.of("dns", new InetSocketAddress("0.0.0.0", PORT), "dns")
            .protocol(ListenConfig.Protocol.UDP)
            .idleTimeout(idle);
    return BalancerConfig.of(List.of(listen), List.of(pool)).stopTimeout(Duration.ZERO);
  }

  private static TargetConfig target(String name, String address) {
    return TargetConfig.of(new InetSocketAddress(InetAddress.ofLiteral(address), PORT)).name(name);
  }

  private static PoolConfig pool() {
    return PoolConfig.of("dns", List.of(target("a", "10.0.1.1"), target("b", "10.0.1.2")));
  }

  private Balancer balancer() {
    return Objects.requireNonNull(opened);
  }

  private static String ask(UdpSocket socket) {
    socket.send(
        ByteBuffer.wrap(new byte[] {1}), new InetSocketAddress(socketAddress("balancer"), PORT));
    Datagram answer = socket.receive();
    byte[] bytes = new byte[answer.payload().remaining()];
    answer.payload().get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static InetAddress socketAddress(String host) {
    try {
      return gyre.net.Resolver.system().resolve(host).getFirst();
    } catch (java.net.UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldEndNoFlowAnyMoreWhereTheIdleTimeBecomesNever() {
    run(
        Duration.ofSeconds(60),
        pool(),
        () -> balancer().reload(config(Duration.ZERO, pool())),
        socket -> {
          String first = ask(socket);
          Fiber.sleep(Duration.ofMinutes(10));
          assertThat(balancer().sessions()).isEqualTo(1);
          assertThat(ask(socket)).isEqualTo(first);
          assertThat(balancer().counters().accepted.sum()).isEqualTo(1);
        });
  }

  @Test
  void shouldEndFlowsWhereTheIdleTimeBecomesALimit() {
    run(
        Duration.ZERO,
        pool(),
        () -> balancer().reload(config(Duration.ofSeconds(60), pool())),
        socket -> {
          String ignored = ask(socket);
          Fiber.sleep(Duration.ofSeconds(50));
          assertThat(balancer().sessions()).isEqualTo(1);
          Fiber.sleep(Duration.ofSeconds(50));
          assertThat(balancer().sessions()).isZero();
        });
  }

  @Test
  void shouldMoveAFlowWhoseTargetIsDownOrGone() {
    String[] first = {""};
    run(
        Duration.ofSeconds(60),
        pool(),
        () -> {
          Pool pool = Objects.requireNonNull(balancer().pool("dns"));
          Target target = Objects.requireNonNull(pool.find(first[0]));
          pool.health(target, false, "it is", balancer().control());
        },
        socket -> {
          first[0] = ask(socket);
          Fiber.sleep(Duration.ofSeconds(3));
          String second = ask(socket);
          assertThat(second).isNotEqualTo(first[0]);
          Pool pool = Objects.requireNonNull(balancer().pool("dns"));
          for (Target each : pool.targets()) {
            assertThat(each.active()).isEqualTo(each.name().equals(second) ? 1 : 0);
          }
        });
  }
}
