package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.balancer.choice.Algorithm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BalancerFileTest {
  private static final String FILE =
      """
      [balancer]
      max_connections = 5000
      stop_seconds = 12.5
      loops = 2
      control = "balance.sock"

      [listen.web]
      address = ":8080"
      pool = "web"
      idle_seconds = 60
      source_rate = 100
      accept_proxy_from = ["10.0.0.0/8"]
      [listen.web.server_names]
      "a.example.org" = "other"

      [pool.web]
      targets = ["10.0.0.1:80", "[::1]:81"]
      algorithm = "maglev"
      persistence_seconds = 300
      send_proxy = "v2"
      [pool.web.target.spare]
      address = "spare.example.org:80"
      backup = true
      weight = 3
      [pool.web.health]
      check = "http"
      path = "/health"
      statuses = [200, 204]
      rise = 4
      [pool.web.outlier]
      failures = 9

      [pool.other]
      service = "_web._tcp.example.org"
      """;

  private static BalancerConfig parse(String text) {
    return BalancerFile.parse(Path.of("balance.toml"), text);
  }

  @Test
  void shouldReadWhatThereIs() {
    BalancerConfig config = parse(FILE);
    assertThat(config.maxConnections()).isEqualTo(5000);
    assertThat(config.stopTimeout()).isEqualTo(Duration.ofMillis(12_500));
    assertThat(config.control()).isEqualTo(Path.of("balance.sock").toAbsolutePath());
    ListenConfig listen = config.listens().getFirst();
    assertThat(listen.address().getPort()).isEqualTo(8080);
    assertThat(listen.address().getAddress().isAnyLocalAddress()).isTrue();
    assertThat(listen.idleTimeout()).isEqualTo(Duration.ofMinutes(1));
    assertThat(listen.sourceRate()).isEqualTo(100);
    assertThat(listen.sourceBurst()).isEqualTo(100);
    assertThat(listen.serverNames()).isEqualTo(Map.of("a.example.org", "other"));
    PoolConfig pool = config.pools().getFirst();
    assertThat(pool.algorithm()).isEqualTo(Algorithm.MAGLEV);
    assertThat(pool.persistence()).isEqualTo(Duration.ofMinutes(5));
    assertThat(pool.sendProxy()).isEqualTo(PoolConfig.SendProxy.V2);
    assertThat(pool.targets().stream().map(TargetConfig::name))
        .containsExactly("10.0.0.1:80", "[0:0:0:0:0:0:0:1]:81", "spare");
    assertThat(pool.targets().getLast().backup()).isTrue();
    assertThat(pool.targets().getLast().address().isUnresolved()).isTrue();
    HealthConfig health = Objects.requireNonNull(pool.health());
    assertThat(health.rise()).isEqualTo(4);
    assertThat(health.check())
        .isEqualTo(new HealthConfig.Check.Http("GET", "/health", "", List.of(200, 204), null));
    assertThat(pool.outlier()).isEqualTo(OutlierConfig.defaults().failures(9));
    assertThat(config.pools().getLast().isDiscovering()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "loops = 2 | lopps = 2 | balance.toml:4: balancer.lopps is not known; known are: access_log",
        "\":8080\" | \"8080\" | balance.toml:8: listen.web.address \"8080\" is not HOST:PORT",
        "\":8080\" | \"example.org:80\" | balance.toml:8: listen.web.address needs an address",
        "pool = \"web\" | pool = \"wep\" | balance.toml:9: listen.web.pool \"wep\" is no pool; there are: web, other",
        "10.0.0.0/8 | 10/8 | balance.toml:12: listen.web.accept_proxy_from '10/8' is no block",
        "= \"other\" | = \"otter\" | balance.toml:14: listen.web.server_names.a.example.org \"otter\" is no pool",
        "\"maglev\" | \"maglew\" | balance.toml:18: pool.web.algorithm \"maglew\" is none of: round-robin",
        "[::1]:81 | 10.0.0.1:80 | balance.toml:17: pool.web.targets two targets have the name 10.0.0.1:80",
        "weight = 3 | weight = 2000 | balance.toml:24: pool.web.target.spare.weight 2000 is not a whole number",
        "\"http\" | \"htp\" | balance.toml:26: pool.web.health.check \"htp\" is none of: tcp, talk, http",
        "204] | 604] | balance.toml:28: pool.web.health.statuses 604 is not a whole number from 100 to 599",
        "rise = 4 | rise = 0 | balance.toml:29: pool.web.health.rise 0 is not a whole number from 1",
        "\"v2\" | \"v3\" | balance.toml:20: pool.web.send_proxy \"v3\" is none of: none, v1, v2",
        "rise = 4 | rise = 4294967297 | balance.toml:29: pool.web.health.rise 4294967297 is not a whole number from 1 to 1000",
        "rise = 4 | rise = 18446744073709551617 | balance.toml:29: pool.web.health.rise 18446744073709551617 is too large for a whole number: must be from -9223372036854775808 to 9223372036854775807",
        "204] | 18446744073709551816] | balance.toml:28: pool.web.health.statuses 18446744073709551816 is too large",
        "= 12.5 | = 18446744073709551628 | balance.toml:3: balancer.stop_seconds 18446744073709551628 is too large",
        "= 12.5 | = \"12\" | balance.toml:3: balancer.stop_seconds 12 is not a number from 0 to",
      })
  void shouldNameLineAndKeyOfWhatIsWrong(String right, String wrong, String message) {
    assertThat(FILE).contains(right);
    assertThatThrownBy(() ->
            parse(
                FILE.replaceFirst(
                    java.util.regex.Pattern.quote(right),
                    java.util.regex.Matcher.quoteReplacement(wrong))))
        .isInstanceOf(BalancerFileException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void shouldSayWhatIsMissing() {
    assertThatThrownBy(() -> parse(""))
        .hasMessage("balance.toml: listen is missing: add a table [listen.NAME]");
    assertThatThrownBy(() -> BalancerFile.read(Path.of("nowhere", "balance.toml")))
        .hasMessage("read configuration nowhere/balance.toml: ENOENT (no such file or directory)");
    assertThatThrownBy(() -> parse("listen = ["))
        .hasMessageStartingWith("balance.toml: not TOML: ");
    assertThatThrownBy(() -> parse("[listen.a]\naddress = \":1\"\npool = \"b\"\n"))
        .hasMessage(
            "balance.toml:3: listen.a.pool \"b\" is no pool; there is none: add a table [pool.b]");
    assertThatThrownBy(() -> parse("[listen.a]\naddress = \":1\"\n"))
        .hasMessage("balance.toml:1: listen.a.pool is missing");
    assertThatThrownBy(
            () -> parse("[pool.a]\nretries = 1\n[listen.a]\naddress=\":1\"\npool=\"a\"\n"))
        .hasMessageStartingWith("balance.toml:1: pool.a.targets is missing");
    assertThatThrownBy(() -> parse(FILE.replace("loops = 2", "replicate = \"127.0.0.1:1\"")))
        .hasMessageEndingWith(": balancer.replicate_to is missing");
  }

  @Test
  void shouldSayWhereTheSyntaxIsWrong() {
    assertThatThrownBy(() -> parse("[listen.a\n")).hasMessageStartingWith("balance.toml: ");
  }

  @Test
  void shouldReadCertificatesBesideTheFile(@TempDir Path directory) throws Exception {
    gyre.tls.TlsIdentity identity = gyre.tls.SelfSigned.server("example.org");
    Files.writeString(directory.resolve("cert.pem"), identity.certificatesPem());
    Files.writeString(directory.resolve("key.pem"), identity.keyPem());
    Path file = directory.resolve("balance.toml");
    String text =
        """
        [listen.a]
        address = ":1"
        pool = "a"
        tls_certificate = "cert.pem"
        tls_key = "%s"
        [pool.a]
        targets = ["10.0.0.1:80"]
        """;
    Files.writeString(file, text.formatted("key.pem"));
    assertThat(BalancerFile.read(file).listens().getFirst().tls()).isNotNull();
    Files.writeString(file, text.formatted("missing.pem"));
    assertThatThrownBy(() -> BalancerFile.read(file))
        .hasMessageStartingWith(file + ":4: listen.a.tls_certificate can't be used: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[pool.'a b']\ntargets = ['10.0.0.1:1']",
        "[pool.\"a\\u0000\"]\ntargets = ['10.0.0.1:1']",
        "[pool.'a/b']\ntargets = ['10.0.0.1:1']",
        "[listen.'a b']\naddress = ':1'\npool = 'x'",
        "[pool.x.target.\"a\\nb\"]\naddress = '10.0.0.1:1'"
      })
  void shouldRefuseNamesThatWouldBreakALog(String section) {
    assertThatThrownBy(() -> parse("[listen.x]\naddress = ':1'\npool = 'x'\n" + section))
        .isInstanceOf(BalancerFileException.class)
        .hasMessageStartingWith("balance.toml:")
        .hasMessageContaining(" must have no ");
  }
}
