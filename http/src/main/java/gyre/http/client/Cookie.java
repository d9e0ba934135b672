package gyre.http.client;

/**
 * A cookie of a {@link CookieJar}.
 *
 * @param domain the host it is for
 * @param isHostOnly whether the hosts below that don't get it
 * @param path what a path must begin with
 * @param expiresMillis since 1970; {@link Long#MAX_VALUE} if it ends with the jar
 */
record Cookie(
    String name,
    String value,
    String domain,
    boolean isHostOnly,
    String path,
    boolean isSecure,
    long expiresMillis) {

  boolean isSame(Cookie other) {
    return name.equals(other.name)
        && domain.equals(other.domain)
        && isHostOnly == other.isHostOnly
        && path.equals(other.path);
  }

  /**
   * Whether this one, which came without TLS, would be sent instead of another that is for TLS
   * alone, or before it: RFC 6265bis, 5.7.
   */
  boolean overlays(Cookie other) {
    return other.isSecure
        && name.equals(other.name)
        && (isWithin(domain, other.domain) || isWithin(other.domain, domain))
        && other.isForPath(path);
  }

  private static boolean isWithin(String host, String domain) {
    return host.equals(domain) || host.endsWith("." + domain);
  }

  /** RFC 6265, 5.4. */
  boolean goesTo(HttpUrl url) {
    boolean isForHost = isHostOnly ? url.host().equals(domain) : isWithin(url.host(), domain);
    return isForHost && (url.isSecure() || !isSecure) && isForPath(url.path());
  }

  private boolean isForPath(String asked) {
    return asked.equals(path)
        || (asked.startsWith(path) && (path.endsWith("/") || asked.charAt(path.length()) == '/'));
  }
}
