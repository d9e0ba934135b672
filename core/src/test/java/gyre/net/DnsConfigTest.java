package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class DnsConfigTest {
  @Test
  void shouldReadWhatTheSystemReads() {
    DnsConfig config =
        DnsConfig.parse(
            """
            # made by hand
            nameserver 192.0.2.53
            nameserver fe80::1%unknown-link
            nameserver 2001:db8::53 ; second
            search one.test two.test.
            options ndots:2 timeout:3 attempts:99 rotate
            sortlist 130.155.160.0
            """,
            """
            127.0.0.1 localhost
            192.0.2.7  Printer printer.test # upstairs
            2001:db8::7 printer
            nonsense here
            """);
    assertThat(config.servers())
        .containsExactly(
            new InetSocketAddress(InetAddress.ofLiteral("192.0.2.53"), 53),
            new InetSocketAddress(InetAddress.ofLiteral("2001:db8::53"), 53));
    assertThat(config.search()).containsExactly("one.test", "two.test.");
    assertThat(config.ndots()).isEqualTo(2);
    assertThat(config.timeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(config.attempts()).isEqualTo(5);
    assertThat(config.hosts().get("printer"))
        .isEqualTo(
            List.of(InetAddress.ofLiteral("192.0.2.7"), InetAddress.ofLiteral("2001:db8::7")));
    assertThat(config.hosts()).containsOnlyKeys("localhost", "printer", "printer.test");
  }

  @Test
  void shouldHaveDefaultsWhereNothingIsSaid() {
    DnsConfig config = DnsConfig.parse("", "");
    assertThat(config.servers()).hasSize(1);
    assertThat(config.ndots()).isEqualTo(1);
    assertThat(config.attempts()).isEqualTo(2);
    assertThat(config.timeout()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void shouldRefuseWhatMakesNoSense() {
    DnsConfig config = DnsConfig.of();
    assertThatThrownBy(() -> config.attempts(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> config.ndots(-1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> config.timeout(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
