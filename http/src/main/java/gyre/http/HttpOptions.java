package gyre.http;

import gyre.net.ServerOptions;
import gyre.proxy.ProxyTrust;
import gyre.tls.TlsServer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How an {@link HttpServer} behaves. Immutable; each method gives a changed copy. */
public final class HttpOptions {
  private static final HttpOptions DEFAULTS = new HttpOptions(new Values());

  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    HttpLimits limits = HttpLimits.defaults();
    ServerOptions server = ServerOptions.defaults();
    ErrorFormat errors = ErrorFormat.TEXT;
    @Nullable AccessLog accessLog;
    @Nullable Compression compression;
    @Nullable TlsServer tls;
    @Nullable ProxyTrust proxies;
    @Nullable ForwardedTrust forwarded;
    boolean reusesRequests;

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

  private HttpOptions(Values values) {
    this.values = values;
  }

  /** All limits on, errors as text, no access log, nothing compressed. */
  public static HttpOptions defaults() {
    return DEFAULTS;
  }

  private HttpOptions with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new HttpOptions(changed);
  }

  public HttpOptions limits(HttpLimits value) {
    Objects.requireNonNull(value, "limits");
    return with(v -> v.limits = value);
  }

  /** How connections are listened for and spread. Their write timeout is that of the limits. */
  public HttpOptions server(ServerOptions value) {
    Objects.requireNonNull(value, "server");
    return with(v -> v.server = value);
  }

  /** How answers that the server itself makes look. */
  public HttpOptions errors(ErrorFormat value) {
    Objects.requireNonNull(value, "errors");
    return with(v -> v.errors = value);
  }

  public HttpOptions accessLog(AccessLog value) {
    Objects.requireNonNull(value, "accessLog");
    return with(v -> v.accessLog = value);
  }

  /** Compresses answers where the client takes it; none are unless this is said. */
  public HttpOptions compression(Compression value) {
    Objects.requireNonNull(value, "compression");
    return with(v -> v.compression = value);
  }

  /** Speak TLS: {@link TlsServer#of}. Connections without are refused. */
  public HttpOptions tls(TlsServer value) {
    Objects.requireNonNull(value, "tls");
    return with(v -> v.tls = value);
  }

  /**
   * Take the address of the client from proxies that begin each connection with a header of the
   * PROXY protocol. Whoever is trusted has to send one; of others the header is none.
   */
  public HttpOptions proxyProtocol(ProxyTrust trusted) {
    Objects.requireNonNull(trusted, "trusted");
    return with(v -> v.proxies = trusted);
  }

  /**
   * Take client, scheme and host from what trusted proxies write into requests; of nobody unless
   * this is said. A request with fields of theirs that are malformed is answered with 400.
   */
  public HttpOptions forwarded(ForwardedTrust trusted) {
    Objects.requireNonNull(trusted, "trusted");
    return with(v -> v.forwarded = trusted);
  }

  /**
   * In push style: have the same objects serve one request after the other, so that nothing is
   * allocated for one. By default, and always where a handler runs in a fiber, each request has
   * objects of its own, of some 200 bytes.
   *
   * <p>Keep neither request nor body nor response behind the return of the handler then, and take
   * no reference to one into a callback. Outside of a handler's call what was kept is refused with
   * an {@link IllegalStateException}. <strong>Within one it is not: there it shows the request of
   * that call, maybe of another client, and would answer it.</strong> Where assertions are on, as
   * in tests, it is refused within a call as well, for the next 15 requests at least that the same
   * objects would serve.
   *
   * <p>Handlers answer before they return: {@link Response#defer}, and what does that by itself, is
   * refused.
   */
  public HttpOptions reuseRequests(boolean value) {
    return with(v -> v.reusesRequests = value);
  }

  public HttpLimits limits() {
    return values.limits;
  }

  public ServerOptions server() {
    return values.server;
  }

  public ErrorFormat errors() {
    return values.errors;
  }

  public @Nullable AccessLog accessLog() {
    return values.accessLog;
  }

  public @Nullable Compression compression() {
    return values.compression;
  }

  public @Nullable TlsServer tls() {
    return values.tls;
  }

  public @Nullable ProxyTrust proxyProtocol() {
    return values.proxies;
  }

  public @Nullable ForwardedTrust forwarded() {
    return values.forwarded;
  }

  public boolean reusesRequests() {
    return values.reusesRequests;
  }

  @Override
  public String toString() {
    return "HttpOptions[limits="
        + values.limits
        + ", server="
        + values.server
        + ", errors="
        + values.errors
        + "]";
  }
}
