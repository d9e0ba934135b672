package gyre.insight.web;

import gyre.tls.TlsServer;
import java.net.InetSocketAddress;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a {@link WebConsole} is, and who may see it. Immutable; each method gives a changed copy.
 */
public final class WebOptions {
  /** What a person would not guess, and neither would a program in a year. */
  private static final int TOKEN_LEAST_LENGTH = 16;

  private static final int TOKEN_MOST_LENGTH = 256;

  private final InetSocketAddress address;
  private final @Nullable String token;
  private final Set<String> hosts;
  private final int subscribers;
  private final int jobs;
  private final @Nullable TlsServer tls;

  private WebOptions(
      InetSocketAddress address,
      @Nullable String token,
      Set<String> hosts,
      int subscribers,
      int jobs,
      @Nullable TlsServer tls) {
    this.address = address;
    this.token = token;
    this.hosts = hosts;
    this.subscribers = subscribers;
    this.jobs = jobs;
    this.tls = tls;
  }

  /**
   * At that address: 1,000 subscribers, 4 requests at work at a time. A loopback address needs no
   * token; any other gets one by chance, which {@link WebConsole#link} tells.
   *
   * @param address port 0 lets the system choose
   */
  public static WebOptions at(InetSocketAddress address) {
    if (address.isUnresolved()) {
      throw new IllegalArgumentException(
          "address " + address.getHostString() + " is not known: give an address of this machine");
    }
    return new WebOptions(address, null, Set.of(), 1000, 4, null);
  }

  /**
   * What must be known to see anything but the empty page, also on a loopback address.
   *
   * @throws IllegalArgumentException unless it has 16 to 256 characters of ASCII without blanks
   */
  public WebOptions token(String value) {
    boolean isPlain = value.chars().allMatch(c -> c > ' ' && c < 0x7F);
    if (!isPlain || value.length() < TOKEN_LEAST_LENGTH || value.length() > TOKEN_MOST_LENGTH) {
      throw new IllegalArgumentException(
          "the token must have "
              + TOKEN_LEAST_LENGTH
              + " to "
              + TOKEN_MOST_LENGTH
              + " characters of ASCII without blanks, and has "
              + value.length()
              + "; for example: openssl rand -hex 16");
    }
    return new WebOptions(address, value, hosts, subscribers, jobs, tls);
  }

  /**
   * One more name that browsers may call it by. Addresses and {@code localhost} are always right;
   * other names are refused, because any name can be made to point at this machine.
   */
  public WebOptions host(String name) {
    if (!name.matches("[A-Za-z0-9._-]{1,253}")) {
      throw new IllegalArgumentException("host is no name without port: " + name);
    }
    Set<String> more = new LinkedHashSet<>(hosts);
    more.add(name.toLowerCase(Locale.ROOT));
    return new WebOptions(address, token, Set.copyOf(more), subscribers, jobs, tls);
  }

  /** How many may listen to each feed; others are answered with 503. */
  public WebOptions subscribers(int value) {
    if (value < 1 || value > 100_000) {
      throw new IllegalArgumentException("subscribers is " + value + ": must be 1 to 100000");
    }
    return new WebOptions(address, token, hosts, value, jobs, tls);
  }

  /** How many requests may be at work at the same time; 16 times as many may wait. */
  public WebOptions jobs(int value) {
    if (value < 1 || value > 64) {
      throw new IllegalArgumentException("jobs is " + value + ": must be 1 to 64");
    }
    return new WebOptions(address, token, hosts, subscribers, value, tls);
  }

  /** Speaks TLS. Without, a token crosses the network readable. */
  public WebOptions tls(TlsServer value) {
    Objects.requireNonNull(value, "tls");
    return new WebOptions(address, token, hosts, subscribers, jobs, value);
  }

  InetSocketAddress address() {
    return address;
  }

  @Nullable String token() {
    return token;
  }

  Set<String> hosts() {
    return hosts;
  }

  int subscribers() {
    return subscribers;
  }

  int jobs() {
    return jobs;
  }

  @Nullable TlsServer tls() {
    return tls;
  }

  /** Without the token. */
  @Override
  public String toString() {
    return "WebOptions[address=" + address + ", hosts=" + hosts + "]";
  }
}
