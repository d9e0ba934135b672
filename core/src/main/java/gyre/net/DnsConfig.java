package gyre.net;

import gyre.Fiber;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a {@link DnsResolver} asks, as {@code /etc/resolv.conf} and {@code /etc/hosts} say it on
 * Linux. Immutable; each method that takes a value gives a changed copy.
 *
 * @param servers asked one after the other, until one answers
 * @param search appended to names with fewer than {@code ndots} dots before they are tried as they
 *     are, and to others after that
 * @param timeout how long an answer is waited for before the next server is asked
 * @param attempts how often all servers are asked
 * @param hosts names that are not asked for, in lower case
 * @param systemFallback where no server answers the JDK's resolver is asked, which knows more ways
 */
public record DnsConfig(
    List<InetSocketAddress> servers,
    List<String> search,
    int ndots,
    Duration timeout,
    int attempts,
    Map<String, List<InetAddress>> hosts,
    boolean systemFallback) {
  private static final int PORT = 53;
  private static final int MAX_SERVERS = 3;

  public DnsConfig {
    servers = List.copyOf(servers);
    search = List.copyOf(search);
    hosts = Map.copyOf(hosts);
    Checks.between("ndots", ndots, 0, 15);
    Checks.between("attempts", attempts, 1, 10);
    if (timeout.isZero() || timeout.isNegative()) {
      throw new IllegalArgumentException("timeout is " + timeout + ": must be positive");
    }
  }

  /** Name servers of your own, without search domains and hosts. */
  public static DnsConfig of(InetSocketAddress... servers) {
    return new DnsConfig(List.of(servers), List.of(), 1, Duration.ofSeconds(5), 2, Map.of(), false);
  }

  /** What the system's files say; they are read on a helper thread, for which the fiber parks. */
  public static DnsConfig system() throws IOException {
    try {
      return Fiber.offload(
          () -> parse(read(Path.of("/etc/resolv.conf")), read(Path.of("/etc/hosts"))));
    } catch (RuntimeException | IOException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError("reading throws nothing else", e);
    }
  }

  private static String read(Path file) throws IOException {
    return Files.exists(file) ? Files.readString(file) : "";
  }

  /**
   * Of the contents of the two files. What is not understood is passed over, as the system does.
   */
  public static DnsConfig parse(String resolvConf, String hosts) {
    List<InetSocketAddress> servers = new ArrayList<>();
    List<String> search = List.of();
    int ndots = 1;
    int timeoutSeconds = 5;
    int attempts = 2;
    for (String line : resolvConf.lines().toList()) {
      String[] words = line.replaceFirst("[#;].*", "").strip().split("\\s+", -1);
      switch (words[0]) {
        case "nameserver" -> addServer(servers, words);
        case "search", "domain" -> search = List.of(words).subList(1, words.length);
        case "options" -> {
          for (String word : words) {
            ndots = option(word, "ndots:", ndots, 0, 15);
            timeoutSeconds = option(word, "timeout:", timeoutSeconds, 1, 30);
            attempts = option(word, "attempts:", attempts, 1, 5);
          }
        }
        default -> {} // of no use here
      }
    }
    if (servers.isEmpty()) {
      servers.add(new InetSocketAddress(InetAddress.getLoopbackAddress(), PORT));
    }
    return new DnsConfig(
        servers,
        search,
        ndots,
        Duration.ofSeconds(timeoutSeconds),
        attempts,
        parseHosts(hosts),
        true);
  }

  private static void addServer(List<InetSocketAddress> servers, String[] words) {
    InetAddress address = words.length > 1 ? literal(words[1]) : null;
    if (address != null && servers.size() < MAX_SERVERS) {
      servers.add(new InetSocketAddress(address, PORT));
    }
  }

  private static int option(String word, String name, int otherwise, int least, int most) {
    if (!word.startsWith(name)) {
      return otherwise;
    }
    try {
      return Math.clamp(Integer.parseInt(word.substring(name.length())), least, most);
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  private static Map<String, List<InetAddress>> parseHosts(String hosts) {
    Map<String, List<InetAddress>> all = new HashMap<>();
    for (String line : hosts.lines().toList()) {
      String[] words = line.replaceFirst("#.*", "").strip().split("\\s+", -1);
      InetAddress address = literal(words[0]);
      for (int i = 1; i < words.length && address != null; i++) {
        all.computeIfAbsent(words[i].toLowerCase(Locale.ROOT), _ -> new ArrayList<>()).add(address);
      }
    }
    all.replaceAll((_, addresses) -> List.copyOf(addresses));
    return all;
  }

  private static @Nullable InetAddress literal(String text) {
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  public DnsConfig search(String... domains) {
    return new DnsConfig(
        servers, List.of(domains), ndots, timeout, attempts, hosts, systemFallback);
  }

  public DnsConfig ndots(int value) {
    return new DnsConfig(servers, search, value, timeout, attempts, hosts, systemFallback);
  }

  public DnsConfig timeout(Duration value) {
    return new DnsConfig(servers, search, ndots, value, attempts, hosts, systemFallback);
  }

  public DnsConfig attempts(int value) {
    return new DnsConfig(servers, search, ndots, timeout, value, hosts, systemFallback);
  }

  public DnsConfig systemFallback(boolean on) {
    return new DnsConfig(servers, search, ndots, timeout, attempts, hosts, on);
  }
}
