package gyre.http;

import gyre.net.ServerOptions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How an {@link HttpServer} behaves. Immutable; each method gives a changed copy. */
public final class HttpOptions {
  private static final HttpOptions DEFAULTS =
      new HttpOptions(HttpLimits.defaults(), ServerOptions.defaults(), ErrorFormat.TEXT, null);

  private final HttpLimits limits;
  private final ServerOptions server;
  private final ErrorFormat errors;
  private final @Nullable AccessLog accessLog;

  private HttpOptions(
      HttpLimits limits, ServerOptions server, ErrorFormat errors, @Nullable AccessLog accessLog) {
    this.limits = limits;
    this.server = server;
    this.errors = errors;
    this.accessLog = accessLog;
  }

  /** All limits on, errors as text, no access log. */
  public static HttpOptions defaults() {
    return DEFAULTS;
  }

  public HttpOptions limits(HttpLimits value) {
    return new HttpOptions(Objects.requireNonNull(value, "limits"), server, errors, accessLog);
  }

  /** How connections are listened for and spread. Their write timeout is that of the limits. */
  public HttpOptions server(ServerOptions value) {
    return new HttpOptions(limits, Objects.requireNonNull(value, "server"), errors, accessLog);
  }

  /** How answers that the server itself makes look. */
  public HttpOptions errors(ErrorFormat value) {
    return new HttpOptions(limits, server, Objects.requireNonNull(value, "errors"), accessLog);
  }

  public HttpOptions accessLog(AccessLog value) {
    return new HttpOptions(limits, server, errors, Objects.requireNonNull(value, "accessLog"));
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
