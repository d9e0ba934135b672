package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import gyre.LoopGroup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Keys that a reload can't change, so that it is refused and says which. */
@Timeout(60)
final class StartOnlyTest {
  private static final String BASE =
      """
      [balancer]
      max_connections = 10
      stop_seconds = 0.1
      loops = 1
      control = "a.sock"
      access_log = "a.log"
      web = "127.0.0.1:9001"
      name_servers = ["127.0.0.1:53"]
      replicate = "127.0.0.1:9002"
      replicate_to = ["127.0.0.2"]
      [listen.web]
      address = "127.0.0.1:0"
      pool = "web"
      [pool.web]
      targets = ["127.0.0.1:1"]
      [standby]
      active = "127.0.0.1:9003"
      silence_seconds = 3
      take_over = ["true"]
      give_back = ["true"]
      state = "role"
      """;

  private static final List<String> LIVE = List.of("max_connections", "access_log", "name_servers");

  private static BalancerConfig parse(String text) {
    return BalancerFile.parse(Path.of("balance.toml"), text);
  }

  /** The same with another value for a key. */
  private static BalancerConfig changed(String key) {
    Matcher line =
        Pattern.compile("(?m)^(" + key.replace("standby.", "") + " = .*?)([a-z0-9.]+)(\"?]?)$")
            .matcher(BASE);
    assertThat(line.find()).as("a line with " + key).isTrue();
    String value = line.group(2);
    boolean isNumber = value.matches("[0-9.]+");
    String other =
        isNumber
            ? value.substring(0, value.length() - 1) + (value.endsWith("7") ? "8" : "7")
            : value + "-other";
    return parse(BASE.substring(0, line.start(2)) + other + BASE.substring(line.end(2)));
  }

  @Test
  void shouldNameTheKeyThatDiffers() {
    BalancerConfig now = parse(BASE);
    StartOnly.checkSame(now, parse(BASE));
    for (StartOnly.Key each : StartOnly.KEYS) {
      assertThatThrownBy(() -> StartOnly.checkSame(now, changed(each.name())))
          .as(each.name())
          .hasMessageStartingWith(each.name() + " differs, and is read at the start alone")
          .hasMessageContaining("--take-over");
    }
    for (String each : LIVE) {
      StartOnly.checkSame(now, changed(each));
    }
    String without = BASE.substring(0, BASE.indexOf("[standby]"));
    assertThatThrownBy(() -> StartOnly.checkSame(now, parse(without)))
        .hasMessageContaining("standby.active, standby.silence_seconds, standby.take_over")
        .hasMessageContaining("differ, and are read");
  }

  /** A key that is new has to be put in one of the two lists. */
  @Test
  void shouldKnowOfEachKeyWhetherAReloadChangesIt() {
    Map<String, String> tables = new LinkedHashMap<>();
    tables.put("[balancer]", "");
    tables.put("[standby]", "standby.");
    List<String> known = new ArrayList<>();
    tables.forEach((table, prefix) -> {
      Throwable wrong = catchThrowable(() -> parse(BASE.replace(table, table + "\nwhat = 1")));
      String message = String.valueOf(wrong.getMessage());
      for (String key : message.substring(message.indexOf("are: ") + 5).split(", ", -1)) {
        known.add(prefix + key);
      }
    });
    List<String> listed = new ArrayList<>(LIVE);
    StartOnly.KEYS.forEach(key -> listed.add(key.name()));
    assertThat(listed).containsExactlyInAnyOrderElementsOf(known);
  }

  @Test
  void shouldChangeNothingWhereAReloadIsRefused() {
    BalancerConfig plain =
        BalancerConfig.of(
            List.of(ListenConfig.of("web", BalancerTest.anyPort(), "web")),
            List.of(PoolConfig.of("web", List.of(TargetConfig.of(BalancerTest.anyPort())))));
    try (LoopGroup group = LoopGroup.open(1);
        Balancer balancer = Balancer.open(group, plain)) {
      BalancerConfig next =
          plain
              .maxConnections(7)
              .replicate(ReplicationConfig.of(BalancerTest.anyPort(), "127.0.0.1"));
      balancer.onReload(() -> next);
      assertThat(balancer.command("{\"command\":\"reload\"}"))
          .contains("\"ok\":false")
          .contains("replicate, replicate_to differ");
      assertThat(balancer.config()).isSameAs(plain);
      balancer.onReload(() -> plain.maxConnections(7));
      assertThat(balancer.command("{\"command\":\"reload\"}")).contains("\"ok\":true");
      assertThat(balancer.config().maxConnections()).isEqualTo(7);
    }
  }
}
