package gyre.http;

import gyre.net.ServerOptions;
import gyre.proxy.ProxyTrust;
import gyre.tls.TlsServer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How an {@link HttpServer} behaves. Immutable; each method gives a changed copy. */
public final class HttpOptions {
  private static final HttpOptions DEFAULTS =
      new HttpOptions(HttpLimits.defaults(), ServerOptions.defaults(), ErrorFormat.TEXT, null, null, null);

  private final HttpLimits limits;
  private final ServerOptions server;
  private final ErrorFormat errors;
  private final @Nullable AccessLog accessLog;
  private final @Nullable TlsServer tls;
  private final @Nullable ProxyTrust proxies;

  private HttpOptions(
      HttpLimits limits,
      ServerOptions server,
      ErrorFormat errors,
      @Nullable AccessLog accessLog,
      @Nullable TlsServer tls,
      @Nullable ProxyTrust proxies) {
    this.limits = limits;
    this.server = server;
    this.errors = errors;
    this.accessLog = accessLog;
    this.tls = tls;
    this.proxies = proxies;
  }

  /** All limits on, errors as text, no access log. */
  public static HttpOptions defaults() {
    return DEFAULTS;
  }

  public HttpOptions limits(HttpLimits value) {
    return new HttpOptions(Objects.requireNonNull(value, "limits"), server, errors, accessLog, tls, proxies);
  }

  /** How connections are listened for and spread. Their write timeout is that of the limits. */
  public HttpOptions server(ServerOptions value) {
    return new HttpOptions(limits, Objects.requireNonNull(value, "server"), errors, accessLog, tls, proxies);
  }

  /** How answers that the server itself makes look. */
  public HttpOptions errors(ErrorFormat value) {
    return new HttpOptions(limits, server, Objects.requireNonNull(value, "errors"), accessLog, tls, proxies);
  }

  public HttpOptions accessLog(AccessLog value) {
    return new HttpOptions(limits, server, errors, Objects.requireNonNull(value, "accessLog"), tls, proxies);
  }

  /** Speak TLS: {@link TlsServer#of}. Connections without are refused. */
  public HttpOptions tls(TlsServer value) {
    return new HttpOptions(
        limits, server, errors, accessLog, Objects.requireNonNull(value, "tls"), proxies);
  }

  /**
   * Take the address of the client from proxies that begin each connection with a header of the
   * PROXY protocol. Whoever is trusted has to send one; of others the header is none.
   */
  public HttpOptions proxyProtocol(ProxyTrust trusted) {
    return new HttpOptions(
        limits, server, errors, accessLog, tls, Objects.requireNonNull(trusted, "trusted"));
  }

  public @Nullable TlsServer tls() {
    return tls;
  }

  public @Nullable ProxyTrust proxyProtocol() {
    return proxies;
  }

  public HttpLimits limits() {
    return limits;
  }

  public ServerOptions server() {
    return server;
  }

  public ErrorFormat errors() {
    return errors;
  }

  public @Nullable AccessLog accessLog() {
    return accessLog;
  }

  @Override
  public String toString() {
    return "HttpOptions[limits=" + limits + ", server=" + server + ", errors=" + errors + "]";
  }
}
