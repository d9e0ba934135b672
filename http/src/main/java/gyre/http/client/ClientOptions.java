package gyre.http.client;

import gyre.http.HttpLimits;
import gyre.net.PoolOptions;
import gyre.net.Resolver;
import gyre.net.StreamOptions;
import gyre.sync.Retry;
import gyre.tls.TlsClient;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How an {@link HttpClient} behaves. Immutable; each method that takes a value gives a changed
 * copy, and throws {@link IllegalArgumentException} for one that makes no sense.
 *
 * <p>All limits of time and size are on. Redirects, retries, cookies and compression are off.
 */
public final class ClientOptions {
  private static final int MOST_REDIRECTS = 100;
  private static final ClientOptions DEFAULTS = new ClientOptions(new Values());

  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    HttpLimits limits = HttpLimits.defaults().headTimeout(Duration.ofSeconds(30));
    PoolOptions pool = PoolOptions.defaults().waitTimeout(Duration.ofSeconds(30));
    StreamOptions stream = StreamOptions.defaults();
    Duration resolveTimeout = Duration.ofSeconds(10);
    Duration connectTimeout = Duration.ofSeconds(10);
    Duration continueTimeout = Duration.ofSeconds(1);
    Duration totalTimeout = Duration.ofMinutes(5);
    int redirects;
    @Nullable Retry retry;
    @Nullable HttpProxy proxy;
    @Nullable CookieJar cookies;
    @Nullable ClientSecurity security;
    @Nullable Resolver resolver;
    boolean gzip;
    int inflateRatio = 100;
    long inflatedBytes = 64L << 20;
    String userAgent = "gyre";

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

  private ClientOptions(Values values) {
    this.values = values;
  }

  public static ClientOptions defaults() {
    return DEFAULTS;
  }

  private ClientOptions with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new ClientOptions(changed);
  }

  /**
   * How much, how long and how slowly a server may send: the sizes of heads, {@code headTimeout} to
   * the head of the answer (30 s by default), {@code bodyTimeout} and {@code minimumBytesPerSecond}
   * for its body, {@code writeTimeout} for it to take what is sent, {@code handshakeTimeout}. A
   * body may have {@code bodyBytes}, 1 MiB by default, unless {@link ClientBody#limit} says more.
   */
  public ClientOptions limits(HttpLimits value) {
    return with(v -> v.limits = value);
  }

  /** How many connections, to a server and in all, and how old they get. */
  public ClientOptions pool(PoolOptions value) {
    return with(v -> v.pool = value);
  }

  /** How connections are. Their timeouts are those of the limits. */
  public ClientOptions stream(StreamOptions value) {
    return with(v -> v.stream = value);
  }

  /** To look up a name; 10 s by default. */
  public ClientOptions resolveTimeout(Duration value) {
    Checks.positive("resolveTimeout", value);
    return with(v -> v.resolveTimeout = value);
  }

  /** To connect, whatever the number of addresses; 10 s by default. Also for a proxy's answer. */
  public ClientOptions connectTimeout(Duration value) {
    Checks.positive("connectTimeout", value);
    return with(v -> v.connectTimeout = value);
  }

  /** How long a server is waited for that was asked by {@code Expect}; 1 s by default. */
  public ClientOptions continueTimeout(Duration value) {
    Checks.positive("continueTimeout", value);
    return with(v -> v.continueTimeout = value);
  }

  /** For all of it, retries, redirects and the body included; 5 minutes by default. */
  public ClientOptions totalTimeout(Duration value) {
    Checks.positive("totalTimeout", value);
    return with(v -> v.totalTimeout = value);
  }

  /**
   * How many redirects are followed; none by default. Credentials don't go along to another origin,
   * and none leads from https to http.
   */
  public ClientOptions redirects(int value) {
    Checks.between("redirects", value, 0, MOST_REDIRECTS);
    return with(v -> v.redirects = value);
  }

  /**
   * Asks again where a connection could not be made or broke, a limit of time for a single phase
   * passed, or the answer is 502, 503 or 504: idempotent requests alone, and with a body only if it
   * can be sent again. Give it a {@link Retry#budget}; its {@link Retry#when} is replaced. Off by
   * default.
   */
  public ClientOptions retry(Retry value) {
    return with(v -> v.retry = value);
  }

  /** Connects by way of a proxy. */
  public ClientOptions proxy(HttpProxy value) {
    return with(v -> v.proxy = value);
  }

  /** Keeps cookies, and sends them back. */
  public ClientOptions cookies(CookieJar value) {
    return with(v -> v.cookies = value);
  }

  /** TLS for https: without, such a request is refused. One for all clients of a program. */
  public ClientOptions tls(TlsClient value) {
    return security(value::connect);
  }

  /** As {@link #tls}, in whatever other way. */
  public ClientOptions security(ClientSecurity value) {
    return with(v -> v.security = value);
  }

  /** Who looks up names. */
  public ClientOptions resolver(Resolver value) {
    return with(v -> v.resolver = value);
  }

  /** Has servers compress answers, and inflates them; off by default. */
  public ClientOptions gzip(boolean on) {
    return with(v -> v.gzip = on);
  }

  /** A compressed answer may become so many times as long; 100 by default. */
  public ClientOptions inflateRatio(int value) {
    Checks.between("inflateRatio", value, 1, 10_000);
    return with(v -> v.inflateRatio = value);
  }

  /** A compressed answer may become so many bytes; 64 MiB by default. */
  public ClientOptions inflatedBytes(long value) {
    Checks.atLeast("inflatedBytes", value, 1);
    return with(v -> v.inflatedBytes = value);
  }

  /** The {@code User-Agent}, unless a request has its own; {@code gyre} by default. */
  public ClientOptions userAgent(String value) {
    Wire.checkHeader("User-Agent", value);
    return with(v -> v.userAgent = value);
  }

  // ---- what is set

  public HttpLimits limits() {
    return values.limits;
  }

  public PoolOptions pool() {
    return values.pool;
  }

  public StreamOptions stream() {
    return values.stream;
  }

  public Duration resolveTimeout() {
    return values.resolveTimeout;
  }

  public Duration connectTimeout() {
    return values.connectTimeout;
  }

  public Duration continueTimeout() {
    return values.continueTimeout;
  }

  public Duration totalTimeout() {
    return values.totalTimeout;
  }

  public int redirects() {
    return values.redirects;
  }

  public @Nullable Retry retry() {
    return values.retry;
  }

  public @Nullable HttpProxy proxy() {
    return values.proxy;
  }

  public @Nullable CookieJar cookies() {
    return values.cookies;
  }

  public @Nullable ClientSecurity security() {
    return values.security;
  }

  public @Nullable Resolver resolver() {
    return values.resolver;
  }

  public boolean gzip() {
    return values.gzip;
  }

  public int inflateRatio() {
    return values.inflateRatio;
  }

  public long inflatedBytes() {
    return values.inflatedBytes;
  }

  public String userAgent() {
    return values.userAgent;
  }
}
