package gyre.tls;

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
  /** A set of rules, ready to be used. */
  private record Ready(TlsSite site, SSLContext context, boolean offloads) {
    boolean hasRulesOf(Ready other) {
      return site.clientCertificates() == other.site.clientCertificates()
          && Set.copyOf(site.trusted()).equals(Set.copyOf(other.site.trusted()));
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
    this.fallback = ready(options.site(), options.tasks());
    made.put(options.site(), fallback);
    options
        .sites()
        .forEach((name, site) ->
            byName.put(name, made.computeIfAbsent(site, each -> ready(each, options.tasks()))));
    this.hasSeveralRules = !made.values().stream().allMatch(fallback::hasRulesOf);
  }

  private static Ready ready(TlsSite site, TaskPlace tasks) {
    boolean offloads =
        switch (tasks) {
          case LOOP -> false;
          case WORKERS -> true;
          case BY_KEY ->
              site.identities().stream().anyMatch(each -> each.algorithm().startsWith("RSA"));
        };
    return new Ready(site, Contexts.of(site.identities(), site.trusted()), offloads);
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
    return orFallback(known(one)).hasRulesOf(orFallback(known(other)));
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
