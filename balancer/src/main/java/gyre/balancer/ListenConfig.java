package gyre.balancer;

import gyre.proxy.ProxyTrust;
import gyre.tls.TlsServer;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where clients come to, and what becomes of their connections. Immutable; each method that takes a
 * value gives a changed copy, and throws {@link IllegalArgumentException} for a value that makes no
 * sense.
 */
public final class ListenConfig {
  /** What is balanced. */
  public enum Protocol {
    TCP,
    UDP
  }

  private static final class Values implements Cloneable {
    String name = "";
    InetSocketAddress address = new InetSocketAddress(0);
    Protocol protocol = Protocol.TCP;
    String pool = "";
    int maxConnections;
    Duration idleTimeout = Duration.ofMinutes(10);
    Duration halfCloseTimeout = Duration.ofMinutes(1);
    Duration lifetime = Duration.ZERO;
    long sourceRate;
    long sourceBurst;
    @Nullable ProxyTrust acceptProxy;
    @Nullable TlsServer tls;
    Map<String, String> serverNames = Map.of();
    Map<String, String> applicationProtocols = Map.of();
    Duration helloTimeout = Duration.ofSeconds(5);
    int udpReplies;

    Values copy() {
      try {
        return (Values) clone();
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private interface Change {
    void apply(Values values);
  }

  private final Values values;

  private ListenConfig(Values values) {
    this.values = values;
  }

  /**
   * A listener of TCP that has what the others have as default.
   *
   * @param address port 0 lets the system choose
   * @param pool the name of the pool that gets the connections
   */
  public static ListenConfig of(String name, InetSocketAddress address, String pool) {
    Values values = new Values();
    Limits.name(name);
    values.name = name;
    values.address = address;
    values.pool = pool;
    return new ListenConfig(values);
  }

  private ListenConfig with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new ListenConfig(changed);
  }

  /** TCP by default. */
  public ListenConfig protocol(Protocol value) {
    return with(v -> v.protocol = Objects.requireNonNull(value, "protocol"));
  }

  /**
   * Connections, or flows of UDP, at the same time: while there are so many, new ones wait in the
   * kernel. 0, the default, is without a limit.
   */
  public ListenConfig maxConnections(int value) {
    Limits.between("maxConnections", value, 0, Integer.MAX_VALUE);
    return with(v -> v.maxConnections = value);
  }

  /** Both sides are reset when nothing moved for so long; zero is never, 10 min the default. */
  public ListenConfig idleTimeout(Duration value) {
    Limits.notNegative("idleTimeout", value);
    return with(v -> v.idleTimeout = value);
  }

  /**
   * Both sides are reset when one has ended its direction and nothing moved in the other for so
   * long; zero is never, 1 min the default.
   */
  public ListenConfig halfCloseTimeout(Duration value) {
    Limits.notNegative("halfCloseTimeout", value);
    return with(v -> v.halfCloseTimeout = value);
  }

  /** Both sides are reset after this, whatever moves; zero, the default, is never. */
  public ListenConfig lifetime(Duration value) {
    Limits.notNegative("lifetime", value);
    return with(v -> v.lifetime = value);
  }

  /**
   * New connections a second that one address of a client may make, and how many at once; more are
   * reset. 0, the default, is without a limit.
   */
  public ListenConfig sourceRate(long perSecond, long burst) {
    Limits.between("sourceRate", perSecond, 0, 1_000_000);
    Limits.between("sourceBurst", burst, perSecond == 0 ? 0 : 1, 1_000_000);
    return with(v -> {
      v.sourceRate = perSecond;
      v.sourceBurst = burst;
    });
  }

  /** Whose PROXY headers are believed; by default nobody's. */
  public ListenConfig acceptProxy(ProxyTrust value) {
    return with(v -> v.acceptProxy = value);
  }

  /** Ends TLS here, so that targets get what is inside; by default it is passed on. */
  public ListenConfig tls(TlsServer value) {
    return with(v -> v.tls = value);
  }

  /**
   * Pools by the name that the client asks for in its ClientHello, which is passed on; {@code
   * *.example.org} is for all names below. Others go to the pool of this listener.
   */
  public ListenConfig serverNames(Map<String, String> pools) {
    Map<String, String> lower = new LinkedHashMap<>();
    pools.forEach((name, pool) -> {
      String one = name.toLowerCase(Locale.ROOT);
      one = one.endsWith(".") ? one.substring(0, one.length() - 1) : one;
      if (lower.put(one, pool) != null) {
        throw new IllegalArgumentException("the server name " + one + " is there twice");
      }
    });
    return with(v -> v.serverNames = Map.copyOf(lower));
  }

  /** Pools by the application protocol that the client prefers; goes before names. */
  public ListenConfig applicationProtocols(Map<String, String> pools) {
    return with(v -> v.applicationProtocols = Map.copyOf(pools));
  }

  /** Until a ClientHello has to be there; 5 s by default. */
  public ListenConfig helloTimeout(Duration value) {
    Limits.positive("helloTimeout", value);
    return with(v -> v.helloTimeout = value);
  }

  /** A flow of UDP ends after so many answers of its target; 0, the default, is by time alone. */
  public ListenConfig udpReplies(int value) {
    Limits.between("udpReplies", value, 0, Integer.MAX_VALUE);
    return with(v -> v.udpReplies = value);
  }

  // ---- what is set

  public String name() {
    return values.name;
  }

  public InetSocketAddress address() {
    return values.address;
  }

  public Protocol protocol() {
    return values.protocol;
  }

  public String pool() {
    return values.pool;
  }

  public int maxConnections() {
    return values.maxConnections;
  }

  public Duration idleTimeout() {
    return values.idleTimeout;
  }

  public Duration halfCloseTimeout() {
    return values.halfCloseTimeout;
  }

  public Duration lifetime() {
    return values.lifetime;
  }

  public long sourceRate() {
    return values.sourceRate;
  }

  public long sourceBurst() {
    return values.sourceBurst;
  }

  public @Nullable ProxyTrust acceptProxy() {
    return values.acceptProxy;
  }

  public @Nullable TlsServer tls() {
    return values.tls;
  }

  public Map<String, String> serverNames() {
    return values.serverNames;
  }

  public Map<String, String> applicationProtocols() {
    return values.applicationProtocols;
  }

  public Duration helloTimeout() {
    return values.helloTimeout;
  }

  public int udpReplies() {
    return values.udpReplies;
  }

  /** Whether it can go on listening where another one did, with what this one says. */
  boolean isSamePlace(ListenConfig other) {
    return address().equals(other.address()) && protocol() == other.protocol();
  }

  @Override
  public String toString() {
    return "ListenConfig[" + name() + ", " + protocol() + " " + Addresses.format(address()) + "]";
  }
}
