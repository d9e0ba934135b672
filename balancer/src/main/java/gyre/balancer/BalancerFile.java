package gyre.balancer;

import com.electronwill.nightconfig.core.UnmodifiableConfig;
import com.electronwill.nightconfig.core.io.ParsingException;
import com.electronwill.nightconfig.toml.TomlParser;
import gyre.balancer.choice.Algorithm;
import gyre.insight.text.WideInteger;
import gyre.proxy.ProxyTrust;
import gyre.tls.TlsClient;
import gyre.tls.TlsClientOptions;
import gyre.tls.TlsIdentity;
import gyre.tls.TlsServer;
import gyre.tls.TlsServerOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads a configuration from a file of TOML. Everything that it says is checked, keys that nobody
 * knows too, and an error names file, line and key: a typing error must not become a default in
 * silence.
 */
public final class BalancerFile {
  private static final String ANY_HOST = "0.0.0.0";

  private final Path file;

  private BalancerFile(Path file) {
    this.file = file;
  }

  /**
   * Reads a file.
   *
   * @throws BalancerFileException that names file, line and key
   */
  public static BalancerConfig read(Path file) {
    try {
      return parse(file, Files.readString(file));
    } catch (IOException e) {
      throw new BalancerFileException("read configuration " + file + ": " + reason(e), e);
    }
  }

  /** What an exception of the JDK means, since the message of many is a path alone. */
  private static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "ENOENT (no such file or directory)";
      case AccessDeniedException _ -> "EACCES (permission denied)";
      case CharacterCodingException _ -> "the text is not UTF-8";
      default -> e.toString();
    };
  }

  /**
   * Reads a text.
   *
   * @param file for messages, and the directory that paths in it are relative to
   * @throws BalancerFileException that names file, line and key
   */
  public static BalancerConfig parse(Path file, String text) {
    UnmodifiableConfig root;
    try {
      root = new TomlParser().parse(text + "\n");
    } catch (ParsingException e) {
      throw new BalancerFileException(file + ": not TOML: " + e.getMessage(), e);
    }
    Optional<WideInteger> wide = WideInteger.find(text);
    if (wide.isPresent()) {
      throw new BalancerFileException(
          file + ":" + wide.get().line() + ": " + wide.get().problem(), null);
    }
    return new BalancerFile(file).config(new Section(file, text.lines().toList(), root));
  }

  private BalancerConfig config(Section root) {
    root.known("balancer", "listen", "pool", "standby");
    List<PoolConfig> pools = new ArrayList<>();
    for (Section each : root.sections("pool")) {
      pools.add(pool(each));
    }
    List<ListenConfig> listens = new ArrayList<>();
    for (Section each : root.sections("listen")) {
      listens.add(listen(each));
    }
    if (listens.isEmpty()) {
      throw root.wrong("listen", "is missing: add a table [listen.NAME]");
    }
    checkPools(root, listens, pools);
    Section all = root.section("balancer");
    all.known(
        "max_connections",
        "stop_seconds",
        "loops",
        "control",
        "access_log",
        "web",
        "name_servers",
        "replicate",
        "replicate_to");
    return BalancerConfig.of(listens, pools)
        .maxConnections(all.number("max_connections", 0, 0, Integer.MAX_VALUE))
        .stopTimeout(all.seconds("stop_seconds", Duration.ofSeconds(30)))
        .loops(all.number("loops", 0, 0, 1024))
        .control(path(all, "control"))
        .accessLog(path(all, "access_log"))
        .web(all.has("web") ? address(all, "web", "127.0.0.1") : null)
        .nameServers(nameServers(all))
        .replicate(all.has("replicate") || all.has("replicate_to") ? replicate(all) : null)
        .standby(root.has("standby") ? standby(root.section("standby")) : null);
  }

  private static InetSocketAddress numbers(Section in, String key) {
    InetSocketAddress address = address(in, key, "127.0.0.1");
    if (address.isUnresolved()) {
      throw in.wrong(key, "needs an address, as \"10.0.0.1:9091\"");
    }
    return address;
  }

  private static ReplicationConfig replicate(Section in) {
    InetSocketAddress address = numbers(in, "replicate");
    List<String> followers = in.needed("replicate_to");
    return in.convert("replicate_to", followers, list -> new ReplicationConfig(address, list));
  }

  private StandbyConfig standby(Section in) {
    in.known("active", "silence_seconds", "take_over", "give_back", "state");
    InetSocketAddress active = numbers(in, "active");
    List<String> takeOver = in.needed("take_over");
    return in.convert(
        "silence_seconds",
        in.seconds("silence_seconds", Duration.ofSeconds(3)),
        silence ->
            StandbyConfig.of(active, takeOver)
                .silence(silence)
                .giveBack(in.strings("give_back"))
                .state(path(in, "state")));
  }

  private static List<InetSocketAddress> nameServers(Section all) {
    List<InetSocketAddress> servers = new ArrayList<>();
    for (String each : all.strings("name_servers")) {
      InetSocketAddress server =
          all.convert("name_servers", each, text -> Addresses.parse(text, null));
      if (server.isUnresolved()) {
        throw all.wrong("name_servers", "needs addresses, as \"10.0.0.2:53\", not " + each);
      }
      servers.add(server);
    }
    return servers;
  }

  private static void checkPools(Section root, List<ListenConfig> listens, List<PoolConfig> pools) {
    List<String> names = pools.stream().map(PoolConfig::name).toList();
    for (ListenConfig each : listens) {
      Section section = root.section("listen").section(each.name());
      check(section, "pool", each.pool(), names);
      each.serverNames()
          .forEach((name, pool) -> check(section.section("server_names"), name, pool, names));
      each.applicationProtocols()
          .forEach((name, pool) -> check(section.section("alpn"), name, pool, names));
    }
  }

  private static void check(Section section, String key, String pool, List<String> names) {
    if (!names.contains(pool)) {
      throw section.wrong(
          key,
          "\""
              + pool
              + "\" is no pool; "
              + (names.isEmpty()
                  ? "there is none: add a table [pool." + pool + "]"
                  : "there are: " + String.join(", ", names)));
    }
  }

  private @Nullable Path path(Section section, String key) {
    return section.has(key) ? file.toAbsolutePath().resolveSibling(section.text(key)) : null;
  }

  private static InetSocketAddress address(Section section, String key, @Nullable String anyHost) {
    return section.convert(key, section.text(key), text -> Addresses.parse(text, anyHost));
  }

  // ---- listeners

  private ListenConfig listen(Section in) {
    in.known(
        "address",
        "protocol",
        "pool",
        "max_connections",
        "idle_seconds",
        "half_close_seconds",
        "lifetime_seconds",
        "source_rate",
        "source_burst",
        "accept_proxy_from",
        "tls_certificate",
        "tls_key",
        "server_names",
        "alpn",
        "hello_seconds",
        "udp_replies");
    InetSocketAddress address = address(in, "address", ANY_HOST);
    if (address.isUnresolved()) {
      throw in.wrong("address", "needs an address of this machine, or none: \":8080\"");
    }
    ListenConfig.Protocol protocol = in.choice("protocol", ListenConfig.Protocol.TCP);
    boolean isUdp = protocol == ListenConfig.Protocol.UDP;
    ListenConfig listen =
        in.convert("", in.name(), name -> ListenConfig.of(name, address, in.text("pool")))
            .protocol(protocol)
            .maxConnections(in.number("max_connections", 0, 0, Integer.MAX_VALUE))
            .idleTimeout(in.seconds("idle_seconds", Duration.ofSeconds(isUdp ? 60 : 600)))
            .halfCloseTimeout(in.seconds("half_close_seconds", Duration.ofMinutes(1)))
            .lifetime(in.seconds("lifetime_seconds", Duration.ZERO))
            .helloTimeout(in.positiveSeconds("hello_seconds", Duration.ofSeconds(5)))
            .applicationProtocols(in.section("alpn").texts())
            .udpReplies(in.number("udp_replies", 0, 0, Integer.MAX_VALUE));
    if (in.has("server_names")) {
      listen = in.convert("server_names", in.section("server_names").texts(), listen::serverNames);
    }
    int rate = in.number("source_rate", 0, 0, 1_000_000);
    if (rate > 0 || in.has("source_burst")) {
      listen = listen.sourceRate(rate, in.number("source_burst", Math.max(1, rate), 1, 1_000_000));
    }
    List<String> trusted = in.strings("accept_proxy_from");
    if (!trusted.isEmpty()) {
      ProxyTrust trust =
          in.convert(
              "accept_proxy_from", trusted, list -> ProxyTrust.of(list.toArray(String[]::new)));
      listen = listen.acceptProxy(trust);
    }
    return in.has("tls_certificate") || in.has("tls_key") ? listen.tls(tls(in)) : listen;
  }

  private TlsServer tls(Section in) {
    Path certificate = file.toAbsolutePath().resolveSibling(in.text("tls_certificate"));
    Path key = file.toAbsolutePath().resolveSibling(in.text("tls_key"));
    try {
      return TlsServer.of(TlsServerOptions.of(TlsIdentity.load(certificate, key)));
    } catch (IOException | RuntimeException e) {
      throw in.wrong("tls_certificate", "can't be used: " + e.getMessage());
    }
  }

  // ---- pools

  private PoolConfig pool(Section in) {
    in.known(
        "targets",
        "target",
        "algorithm",
        "connect_seconds",
        "retries",
        "queue",
        "queue_seconds",
        "persistence_seconds",
        "persistence_entries",
        "slow_start_seconds",
        "zone",
        "panic_percent",
        "send_proxy",
        "resolve_seconds",
        "service",
        "transparent",
        "health",
        "outlier");
    PoolConfig pool =
        in.convert("", in.name(), name -> PoolConfig.of(name, List.of()))
            .algorithm(
                in.has("algorithm")
                    ? in.convert("algorithm", in.text("algorithm"), Algorithm::parse)
                    : Algorithm.TWO_CHOICES)
            .connectTimeout(in.positiveSeconds("connect_seconds", Duration.ofSeconds(5)))
            .retries(in.number("retries", 3, 0, 100))
            .queueLimit(in.number("queue", 1024, 0, 1_000_000))
            .queueTimeout(in.seconds("queue_seconds", Duration.ofSeconds(5)))
            .persistence(in.seconds("persistence_seconds", Duration.ZERO))
            .persistenceEntries(in.number("persistence_entries", 100_000, 1, 10_000_000))
            .slowStart(in.seconds("slow_start_seconds", Duration.ZERO))
            .zone(in.text("zone", ""))
            .panicPercent(in.number("panic_percent", 0, 0, 100))
            .sendProxy(in.choice("send_proxy", PoolConfig.SendProxy.NONE))
            .resolveInterval(in.positiveSeconds("resolve_seconds", Duration.ofSeconds(30)))
            .service(in.text("service", ""))
            .transparent(in.flag("transparent", false));
    List<TargetConfig> targets = targets(in);
    if (targets.isEmpty() && pool.service().isEmpty()) {
      throw in.wrong("targets", "is missing: name at least one, or a service");
    }
    pool = in.convert("targets", targets, pool::targets);
    if (in.has("health")) {
      pool = pool.health(health(in.section("health")));
    }
    return in.has("outlier") ? pool.outlier(outlier(in.section("outlier"))) : pool;
  }

  private static List<TargetConfig> targets(Section in) {
    List<TargetConfig> targets = new ArrayList<>();
    for (String each : in.strings("targets")) {
      targets.add(
          in.convert("targets", each, text -> TargetConfig.of(Addresses.parse(text, null))));
    }
    for (Section each : in.sections("target")) {
      each.known("address", "weight", "backup", "zone", "max_connections");
      targets.add(
          each.convert("", each.name(), TargetConfig.of(address(each, "address", null))::name)
              .weight(each.number("weight", 1, 0, TargetConfig.WEIGHT_LIMIT))
              .backup(each.flag("backup", false))
              .zone(each.text("zone", ""))
              .maxConnections(each.number("max_connections", 0, 0, Integer.MAX_VALUE)));
    }
    return targets;
  }

  private static OutlierConfig outlier(Section in) {
    in.known("failures", "base_seconds", "longest_seconds", "most_percent");
    OutlierConfig defaults = OutlierConfig.defaults();
    return defaults
        .failures(in.number("failures", defaults.failures(), 1, 1_000_000))
        .base(in.positiveSeconds("base_seconds", defaults.base()))
        .longest(in.positiveSeconds("longest_seconds", defaults.longest()))
        .mostPercent(in.number("most_percent", defaults.mostPercent(), 0, 100));
  }

  private HealthConfig health(Section in) {
    in.known(
        "check",
        "interval_seconds",
        "fast_interval_seconds",
        "jitter_percent",
        "timeout_seconds",
        "rise",
        "fall",
        "port",
        "send",
        "expect",
        "method",
        "path",
        "host",
        "statuses",
        "tls_authorities",
        "server_name",
        "command");
    HealthConfig health = HealthConfig.of(check(in));
    return health
        .interval(in.positiveSeconds("interval_seconds", health.interval()))
        .fastInterval(in.positiveSeconds("fast_interval_seconds", health.fastInterval()))
        .jitterPercent(in.number("jitter_percent", health.jitterPercent(), 0, 100))
        .timeout(in.positiveSeconds("timeout_seconds", health.timeout()))
        .rise(in.number("rise", health.rise(), 1, 1000))
        .fall(in.number("fall", health.fall(), 1, 1000))
        .port(in.number("port", 0, 0, 65_535));
  }

  private HealthConfig.Check check(Section in) {
    Map<String, Function<Section, HealthConfig.Check>> kinds = new LinkedHashMap<>();
    kinds.put("tcp", _ -> new HealthConfig.Check.Tcp());
    kinds.put(
        "talk", s -> new HealthConfig.Check.SendExpect(s.text("send", ""), s.text("expect", "")));
    kinds.put(
        "http",
        s ->
            new HealthConfig.Check.Http(
                s.text("method", "GET"),
                s.text("path", "/"),
                s.text("host", ""),
                s.numbers("statuses", 100, 599),
                authorities(s)));
    kinds.put("tls", s -> new HealthConfig.Check.Tls(s.text("server_name", "")));
    kinds.put("command", s -> new HealthConfig.Check.Command(s.needed("command")));
    String kind = in.text("check", "tcp");
    Function<Section, HealthConfig.Check> made = kinds.get(kind);
    if (made == null) {
      throw in.wrong("check", "\"" + kind + "\" is none of: " + String.join(", ", kinds.keySet()));
    }
    return made.apply(in);
  }

  private @Nullable TlsClient authorities(Section in) {
    Path authorities = path(in, "tls_authorities");
    if (authorities == null) {
      return null;
    }
    try {
      return TlsClient.of(TlsClientOptions.defaults().trust(authorities).verifyHostName(false));
    } catch (IOException | RuntimeException e) {
      throw in.wrong("tls_authorities", "can't be used: " + e.getMessage());
    }
  }
}
