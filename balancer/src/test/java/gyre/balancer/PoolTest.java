package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.balancer.choice.Algorithm;
import gyre.balancer.choice.Chooser;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which targets can be chosen in which state. Without connections. */
final class PoolTest {
  private Loop loop;
  private LoopPart part;
  private final Events events = new Events(false);
  private Pool pool = new Pool(PoolConfig.of("none", List.of()), events);

  @BeforeEach
  void open() {
    loop = Loop.open();
    part = new LoopPart(loop);
  }

  @AfterEach
  void close() {
    loop.close();
  }

  private static TargetConfig target(String name) {
    int host = name.charAt(0);
    return TargetConfig.of(new InetSocketAddress(address("10.0.0." + host), 80)).name(name);
  }

  private static InetAddress address(String text) {
    return InetAddress.ofLiteral(text);
  }

  private void pool(PoolConfig config) {
    pool = new Pool(config, events);
    pool.update(config, config.targets(), part);
  }

  /** How often each is chosen, as letters with counts: {@code a3 b1}; connections end at once. */
  private String chosen(int times) {
    Map<String, Integer> counts = new java.util.TreeMap<>();
    loop.run(() -> {
      for (int i = 0; i < times; i++) {
        Decision decision = pool.decide(part, null, List.of());
        if (decision instanceof Decision.Chosen chosen) {
          counts.merge(chosen.target().name(), 1, Integer::sum);
          pool.release(chosen.target());
        } else {
          counts.merge(decision instanceof Decision.Full ? "full" : "nobody", 1, Integer::sum);
        }
      }
    });
    StringBuilder text = new StringBuilder();
    counts.forEach(
        (name, count) -> text.append(text.isEmpty() ? "" : " ").append(name).append(count));
    return text.toString();
  }

  private Target find(String name) {
    return Objects.requireNonNull(pool.find(name));
  }

  private static PoolConfig config(TargetConfig... targets) {
    return PoolConfig.of("p", List.of(targets)).algorithm(Algorithm.WEIGHTED);
  }

  @Test
  void shouldUseBackupsOnlyWhileAllOthersAreDown() {
    pool(config(target("a"), target("b"), target("c").backup(true)));
    assertThat(chosen(4)).isEqualTo("a2 b2");
    pool.health(find("a"), false, "a test", part);
    assertThat(chosen(4)).isEqualTo("b4");
    pool.health(find("b"), false, "a test", part);
    assertThat(chosen(4)).isEqualTo("c4");
    pool.health(find("c"), false, "a test", part);
    assertThat(chosen(4)).isEqualTo("nobody4");
    pool.health(find("a"), true, "a test", part);
    assertThat(chosen(4)).isEqualTo("a4");
  }

  @Test
  void shouldStayInItsZoneWhileThatHasRoom() {
    pool(
        config(
                target("a").zone("here").maxConnections(1),
                target("b").zone("there"),
                target("c").zone("there"))
            .zone("here"));
    assertThat(chosen(4)).isEqualTo("a4");
    assertThat(find("a").tryTake()).isTrue();
    assertThat(chosen(4)).as("the other zone helps out").isEqualTo("b2 c2");
    pool.release(find("a"));
    pool.health(find("a"), false, "a test", part);
    assertThat(chosen(4)).isEqualTo("b2 c2");
  }

  @Test
  void shouldWaitForTargetsThatAreFullInsteadOfUsingBackups() {
    pool(config(target("a").maxConnections(1), target("b").backup(true)));
    assertThat(find("a").tryTake()).isTrue();
    assertThat(chosen(2)).isEqualTo("full2");
  }

  @Test
  void shouldGiveNothingToThoseWhoDrainOrAreInMaintenanceOrHaveNoWeight() {
    pool(config(target("a"), target("b"), target("c"), target("d")));
    pool.admin(find("a"), AdminState.DRAIN, "a test", part);
    pool.admin(find("b"), AdminState.MAINTENANCE, "a test", part);
    pool.weight(find("c"), 0, "a test", part);
    assertThat(chosen(4)).isEqualTo("d4");
    pool.admin(find("a"), AdminState.READY, "a test", part);
    assertThat(chosen(4)).isEqualTo("a2 d2");
  }

  @Test
  void shouldNotHeedHealthWhileTooFewAreHealthy() {
    pool(config(target("a"), target("b"), target("c"), target("d")).panicPercent(50));
    pool.health(find("a"), false, "a test", part);
    pool.health(find("b"), false, "a test", part);
    assertThat(chosen(4)).isEqualTo("c2 d2");
    pool.health(find("c"), false, "a test", part);
    pool.admin(find("d"), AdminState.MAINTENANCE, "a test", part);
    assertThat(chosen(6)).as("but maintenance is").isEqualTo("a2 b2 c2");
    assertThat(events.newest().getLast().toString())
        .isEqualTo("p: panic: health is not heeded, as 0 of 3 targets are healthy");
    pool.admin(find("d"), AdminState.READY, "a test", part);
    pool.health(find("a"), true, "a test", part);
    pool.health(find("d"), true, "a test", part);
    assertThat(chosen(4)).isEqualTo("a2 d2");
    assertThat(events.newest().getLast().toString()).startsWith("p: panic is over");
  }

  @Test
  void shouldBeginSlowlyWithATargetThatComesBack() {
    pool(config(target("a"), target("b")).slowStart(Duration.ofHours(1)));
    pool.health(find("a"), false, "a test", part);
    pool.health(find("a"), true, "a test", part);
    assertThat(chosen(11)).isEqualTo("a1 b10");
  }

  @Test
  void shouldSendAClientWhereItWas() {
    pool(config(target("a"), target("b")).persistence(Duration.ofHours(1)).persistenceEntries(2));
    InetAddress client = address("192.0.2.1");
    loop.run(() -> {
      pool.remember(client, find("b"), part.nanoTime());
      for (int i = 0; i < 5; i++) {
        assertThat(name(client, List.of())).isEqualTo("b");
      }
      assertThat(name(client, List.of(find("b")))).isEqualTo("a");
      pool.health(find("b"), false, "a test", part);
      assertThat(name(client, List.of())).isEqualTo("a");
      pool.health(find("b"), true, "a test", part);
      pool.update(pool.config(), List.of(target("a"), target("b"), target("c")), part);
      assertThat(name(client, List.of())).as("after a reload").isEqualTo("b");
      pool.remember(address("192.0.2.2"), find("a"), part.nanoTime());
      pool.remember(address("192.0.2.3"), find("a"), part.nanoTime());
      assertThat(pool.persistence().size()).as("bounded").isEqualTo(2);
    });
  }

  private String name(InetAddress client, List<Target> tried) {
    Decision decision = pool.decide(part, client, tried);
    assertThat(decision).isInstanceOf(Decision.Chosen.class);
    Target target = ((Decision.Chosen) decision).target();
    pool.release(target);
    return target.name();
  }

  @Test
  void shouldKeepStateAndCountsOfTargetsThatStay() {
    pool(config(target("a"), target("b")));
    Target a = find("a");
    assertThat(a.tryTake()).isTrue();
    pool.weight(a, 7, "a test", part);
    pool.health(a, false, "a test", part);
    pool.update(pool.config(), List.of(target("c"), target("a")), part);
    assertThat(find("a")).isSameAs(a);
    assertThat(a.active()).isEqualTo(1);
    assertThat(a.weight()).isEqualTo(7);
    assertThat(a.health()).isEqualTo(Target.Health.DOWN);
    pool.update(pool.config(), List.of(target("a").weight(3)), part);
    assertThat(a.weight()).as("the configuration has changed it").isEqualTo(3);
    List<String> told = new ArrayList<>();
    events.newest().forEach(event -> told.add(event.toString()));
    assertThat(told)
        .contains("p/b: removed, with 0 connections that go on", "p/c: added, at 10.0.0.99:80");
  }

  @Test
  void shouldGiveATargetWithAnotherAddressAFreshState() {
    pool(config(target("a")));
    Target before = find("a");
    pool.update(pool.config(), List.of(target("b").name("a")), part);
    assertThat(find("a")).isNotSameAs(before);
    assertThat(before.isRemoved()).isTrue();
  }

  @Test
  void shouldKeepATableForEachTier() {
    pool(
        config(target("a").maxConnections(1), target("b").backup(true))
            .algorithm(Algorithm.MAGLEV));
    part.tier(0);
    Chooser first = part.chooser(pool);
    part.tier(2);
    assertThat(part.chooser(pool)).isNotSameAs(first);
    part.tier(0);
    assertThat(part.chooser(pool)).isSameAs(first);
  }
}
