package gyre.tls;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * How a {@link TlsServer} behaves. Immutable; each method that takes a value gives a changed copy,
 * and throws {@link IllegalArgumentException} for a value that makes no sense.
 *
 * <pre>{@code
 * TlsServerOptions.of(TlsIdentity.load(chain, key)).applicationProtocols("http/1.1", "http/1.0");
 * }</pre>
 */
public final class TlsServerOptions {
  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    TlsSite site;
    Map<String, TlsSite> sites = Map.of();
    List<String> applicationProtocols = List.of();
    List<String> protocols = List.of(TlsProtocols.TLS_1_3, TlsProtocols.TLS_1_2);
    Duration handshakeTimeout = Duration.ofSeconds(10);
    TaskPlace tasks = TaskPlace.BY_KEY;
    boolean strictNames;

    Values(TlsSite site) {
      this.site = site;
    }

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

  private TlsServerOptions(Values values) {
    this.values = values;
  }

  /** One identity for all names, no client certificates, TLS 1.3 and 1.2. */
  public static TlsServerOptions of(TlsIdentity identity) {
    return of(TlsSite.of(identity));
  }

  /**
   * With one site, to which others may be added.
   *
   * @param site for clients that ask for no name, or for one that no other site has
   */
  public static TlsServerOptions of(TlsSite site) {
    return new TlsServerOptions(new Values(Objects.requireNonNull(site, "site")));
  }

  private TlsServerOptions with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new TlsServerOptions(changed);
  }

  /**
   * Another site for clients that ask for this name.
   *
   * @param name of a host, or {@code *.example.org} for all names with one label more
   */
  public TlsServerOptions site(String name, TlsSite site) {
    String key = name.toLowerCase(Locale.ROOT);
    if (key.isEmpty()
        || key.indexOf('*', 1) >= 0
        || (key.startsWith("*") && !key.startsWith("*."))) {
      throw new IllegalArgumentException(
          "'" + name + "' is no name of a host, and nothing like *.example.org");
    }
    Map<String, TlsSite> all = new LinkedHashMap<>(values.sites);
    all.put(key, Objects.requireNonNull(site, "site"));
    return with(v -> v.sites = all);
  }

  /** Another identity, for the names that its certificate has. */
  public TlsServerOptions identity(TlsIdentity identity) {
    TlsServerOptions changed = this;
    for (String name : identity.names()) {
      if (!IpText.isAddress(name)) {
        changed = changed.site(name, TlsSite.of(identity));
      }
    }
    return changed;
  }

  /**
   * What is spoken inside, the preferred one first; a client that offers others alone is refused.
   * Nothing is agreed on by default.
   */
  public TlsServerOptions applicationProtocols(String... names) {
    List<String> all = List.of(names);
    return with(v -> v.applicationProtocols = all);
  }

  /** {@code TLSv1.3} and {@code TLSv1.2} by default; older ones are refused. */
  public TlsServerOptions protocols(String... names) {
    List<String> all = TlsProtocols.checked(names);
    return with(v -> v.protocols = all);
  }

  /** From the first byte to the end of the handshake; 10 s by default. */
  public TlsServerOptions handshakeTimeout(Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException("handshakeTimeout " + value + " is not above zero");
    }
    return with(v -> v.handshakeTimeout = value);
  }

  /** Where signatures are made; by the kind of key by default. */
  public TlsServerOptions tasks(TaskPlace place) {
    Objects.requireNonNull(place, "tasks");
    return with(v -> v.tasks = place);
  }

  /** Refuse clients that ask for a name that no site has; off unless said otherwise. */
  public TlsServerOptions strictNames(boolean on) {
    return with(v -> v.strictNames = on);
  }

  // ---- what is set

  public TlsSite site() {
    return values.site;
  }

  public Map<String, TlsSite> sites() {
    return Map.copyOf(values.sites);
  }

  public List<String> applicationProtocols() {
    return values.applicationProtocols;
  }

  public List<String> protocols() {
    return values.protocols;
  }

  public Duration handshakeTimeout() {
    return values.handshakeTimeout;
  }

  public TaskPlace tasks() {
    return values.tasks;
  }

  public boolean strictNames() {
    return values.strictNames;
  }

  @Override
  public String toString() {
    return "TlsServerOptions[" + values.site + ", sites " + values.sites.keySet() + "]";
  }
}
