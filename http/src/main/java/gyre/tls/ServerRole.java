package gyre.tls;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** The contexts of a server as they were loaded at one time, one for each set of rules. */
final class ServerRole implements Role {
  /**
   * A set of rules, ready to be used.
   *
   * @param rules which certificates clients have to show, as a number: it is compared for each
   *     request, and a bundle of authorities is long
   */
  private record Ready(TlsSite site, SSLContext context, boolean offloads, int rules) {}

  /** What clients have to show. */
  private record Rules(ClientCertificates wanted, Set<X509Certificate> trusted) {
    static Rules of(TlsSite site) {
      return new Rules(site.clientCertificates(), Set.copyOf(site.trusted()));
    }
  }

  private final TlsServerOptions options;
  private final HandshakeGate gate;
  private final Ready fallback;
  private final Map<String, Ready> byName = new HashMap<>();
  private final boolean hasSeveralRules;

  ServerRole(TlsServerOptions options, HandshakeGate gate) {
    this.options = options;
    this.gate = gate;
    Map<TlsSite, Ready> made = new HashMap<>();
    Map<Rules, Integer> numbers = new HashMap<>();
    this.fallback = ready(options.site(), options.tasks(), numbers);
    made.put(options.site(), fallback);
    options
        .sites()
        .forEach((name, site) ->
            byName.put(
                name, made.computeIfAbsent(site, each -> ready(each, options.tasks(), numbers))));
    this.hasSeveralRules = numbers.size() > 1;
  }

  private static Ready ready(TlsSite site, TaskPlace tasks, Map<Rules, Integer> numbers) {
    boolean offloads =
        switch (tasks) {
          case LOOP -> false;
          case WORKERS -> true;
          case BY_KEY ->
              site.identities().stream().anyMatch(each -> each.algorithm().startsWith("RSA"));
        };
    int number = numbers.computeIfAbsent(Rules.of(site), key -> numbers.size());
    return new Ready(site, Contexts.of(site.identities(), site.trusted()), offloads, number);
  }

  TlsIdentity identity() {
    return options.site().identities().getFirst();
  }

  @Override
  public boolean isServer() {
    return true;
  }

  @Override
  public Duration handshakeTimeout() {
    return options.handshakeTimeout();
  }

  @Override
  public HandshakeGate gate() {
    return gate;
  }

  @Override
  public Part choose(@Nullable ClientHello hello) throws AlertException {
    Ready ready = find(Objects.requireNonNull(hello).serverName());
    SSLEngine engine = ready.context.createSSLEngine();
    engine.setUseClientMode(false);
    SSLParameters how = engine.getSSLParameters();
    how.setProtocols(options.protocols().toArray(String[]::new));
    how.setCipherSuites(TlsProtocols.CIPHER_SUITES.toArray(String[]::new));
    how.setUseCipherSuitesOrder(true);
    List<String> inside = options.applicationProtocols();
    if (!inside.isEmpty()) {
      how.setApplicationProtocols(inside.toArray(String[]::new));
    }
    switch (ready.site.clientCertificates()) {
      case NONE -> {}
      case WANTED -> how.setWantClientAuth(true);
      case REQUIRED -> how.setNeedClientAuth(true);
    }
    engine.setSSLParameters(how);
    return new Part(engine, ready.offloads);
  }

  /** For tests. */
  SSLContext contextFor(String name) throws AlertException {
    return find(name).context;
  }

  @Override
  public boolean hasSeveralRules() {
    return hasSeveralRules;
  }

  @Override
  public boolean hasSameRules(@Nullable String one, @Nullable String other) {
    return orFallback(known(one)).rules == orFallback(known(other)).rules;
  }

  private Ready orFallback(@Nullable Ready known) {
    return known == null ? fallback : known;
  }

  private @Nullable Ready known(@Nullable String name) {
    if (name == null) {
      return null;
    }
    Ready exact = byName.get(name);
    int dot = name.indexOf('.');
    return exact != null || dot < 0 ? exact : byName.get("*" + name.substring(dot));
  }

  private Ready find(@Nullable String name) throws AlertException {
    Ready known = known(name);
    if (known != null) {
      return known;
    }
    if (name != null && options.strictNames()) {
      throw new AlertException(
          AlertException.UNRECOGNIZED_NAME, "it asks for '" + name + "', which no site has");
    }
    return fallback;
  }
}
