package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.LoopGroup;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Targets that a name server tells. */
@Timeout(60)
final class DiscoveryTest {
  private final LoopGroup group = LoopGroup.open(1);
  private final SmallDns dns;

  DiscoveryTest() throws Exception {
    dns = new SmallDns();
  }

  @AfterEach
  void close() {
    dns.close();
    group.close();
  }

  private BalancerConfig config(PoolConfig pool) {
    return BalancerConfig.of(
            List.of(ListenConfig.of("web", BalancerTest.anyPort(), "web")),
            List.of(pool.resolveInterval(Duration.ofMillis(20))))
        .nameServers(List.of(dns.address()))
        .stopTimeout(Duration.ZERO);
  }

  private static PoolConfig byName(int port) {
    return PoolConfig.of("web", List.of(TargetConfig.of(Addresses.parse("a.test:" + port, null))));
  }

  private static Pool pool(Balancer balancer) {
    return Objects.requireNonNull(balancer.pool("web"));
  }

  private static void untilTargets(Balancer balancer, String... addresses) {
    List<String> wanted = List.of(addresses);
    Peers.until(
        "targets are " + wanted,
        () -> {
          List<String> there =
              pool(balancer).targets().stream()
                  .map(each -> Addresses.format(each.config().address()))
                  .sorted()
                  .toList();
          return there.equals(wanted);
        });
  }

  @Test
  void shouldFollowTheAddressesOfAName() {
    dns.addresses("a.test", "10.0.0.1", "10.0.0.2");
    try (Balancer balancer = Balancer.open(group, config(byName(80)))) {
      untilTargets(balancer, "10.0.0.1:80", "10.0.0.2:80");
      Target stays = pool(balancer).targets().get(1);
      dns.addresses("a.test", "10.0.0.2", "10.0.0.3");
      untilTargets(balancer, "10.0.0.2:80", "10.0.0.3:80");
      assertThat(pool(balancer).targets()).contains(stays);
    }
  }

  @Test
  void shouldKeepWhatItKnowsWhileTheServerFails() {
    dns.addresses("a.test", "10.0.0.1");
    try (Balancer balancer = Balancer.open(group, config(byName(80)))) {
      untilTargets(balancer, "10.0.0.1:80");
      dns.isFailing = true;
      Peers.until(
          "it is told",
          () -> String.join("\n", balancer.recentEvents()).contains("what was found before stays"));
      untilTargets(balancer, "10.0.0.1:80");
      dns.addresses("a.test", "10.0.0.9");
      dns.isFailing = false;
      untilTargets(balancer, "10.0.0.9:80");
    }
  }

  @Test
  void shouldLookUpAtOnceWhereAReloadChangesTheName() {
    dns.addresses("a.test", "10.0.0.1");
    dns.addresses("b.test", "10.0.0.2");
    BalancerConfig slow = config(byName(80));
    PoolConfig first = slow.pools().getFirst().resolveInterval(Duration.ofHours(1));
    try (Balancer balancer = Balancer.open(group, slow.pools(List.of(first)))) {
      untilTargets(balancer, "10.0.0.1:80");
      PoolConfig second = byName(81).resolveInterval(Duration.ofHours(1));
      balancer.reload(slow.pools(List.of(second)));
      untilTargets(balancer, "10.0.0.1:81");
      TargetConfig other = TargetConfig.of(Addresses.parse("b.test:81", null));
      balancer.reload(slow.pools(List.of(second.targets(List.of(other)))));
      untilTargets(balancer, "10.0.0.2:81");
    }
  }

  @Test
  void shouldFollowTheRecordsOfAService() {
    dns.services("_web._tcp.test", "1 5 8080 x.test", "2 0 8081 y.test");
    dns.addresses("x.test", "10.0.0.1");
    dns.addresses("y.test", "10.0.0.2");
    PoolConfig pool = PoolConfig.of("web", List.of()).service("_web._tcp.test");
    try (Balancer balancer = Balancer.open(group, config(pool))) {
      untilTargets(balancer, "10.0.0.1:8080", "10.0.0.2:8081");
      List<Target> targets = pool(balancer).targets();
      assertThat(targets.get(0).config().weight()).isEqualTo(5);
      assertThat(targets.get(0).config().backup()).isFalse();
      assertThat(targets.get(1).config().backup()).isTrue();
      // A host that is not there holds up nobody, and takes nobody away.
      dns.addresses("z.test", "10.0.0.3");
      dns.services("_web._tcp.test", "1 5 8080 x.test", "1 5 8082 none.test", "1 5 8083 z.test");
      untilTargets(balancer, "10.0.0.1:8080", "10.0.0.2:8081", "10.0.0.3:8083");
      dns.services("_web._tcp.test", "1 5 8080 x.test", "1 5 8083 z.test");
      untilTargets(balancer, "10.0.0.1:8080", "10.0.0.3:8083");
    }
  }
}
