package gyre.http.client;

import java.net.IDN;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An address of the web, taken apart and checked: scheme, host, port and what is asked there.
 * Characters beyond ASCII are escaped; what could end a line or name two hosts is refused.
 */
public final class HttpUrl {
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;
  private static final int LONGEST = 64 * 1024;

  private final boolean isSecure;
  private final String host;
  private final int port;
  private final String target;

  private HttpUrl(boolean isSecure, String host, int port, String target) {
    this.isSecure = isSecure;
    this.host = host;
    this.port = port;
    this.target = target;
  }

  /**
   * Takes {@code http://host:port/path?query} apart.
   *
   * @throws IllegalArgumentException if it is none; the message says what is wrong
   */
  public static HttpUrl parse(String text) {
    if (text.length() > LONGEST) {
      throw wrong(text, "it is longer than " + LONGEST + " characters");
    }
    boolean isSecure = text.regionMatches(true, 0, "https://", 0, 8);
    if (!isSecure && !text.regionMatches(true, 0, "http://", 0, 7)) {
      throw wrong(text, "it does not begin with http:// or https://");
    }
    int from = isSecure ? 8 : 7;
    int end = endOfAuthority(text, from);
    String authority = text.substring(from, end);
    String target = withoutFragment(text.substring(end));
    return of(text, isSecure, authority, target.startsWith("/") ? target : "/" + target);
  }

  private static HttpUrl of(String text, boolean isSecure, String authority, String target) {
    if (authority.indexOf('@') >= 0) {
      throw wrong(text, "credentials don't belong into it: see ClientRequest.basic");
    }
    String ascii = isAscii(authority) ? authority : toAscii(text, authority);
    if (!Wire.isAuthorityText(ascii)) {
      throw wrong(text, "its host is not a name or an address with maybe a port");
    }
    int colon = ascii.lastIndexOf(':');
    boolean hasPort = colon > ascii.lastIndexOf(']');
    String host = (hasPort ? ascii.substring(0, colon) : ascii).toLowerCase(Locale.ROOT);
    String digits = hasPort ? ascii.substring(colon + 1) : "";
    int port = digits.isEmpty() ? defaultPort(isSecure) : Integer.parseInt(digits);
    if (host.isEmpty() || port == 0) {
      throw wrong(text, "it needs a host, and a port that is not 0");
    }
    String escaped = escape(target);
    if (!Wire.isTargetText(escaped)) {
      throw wrong(text, "its path has a character that must be escaped as %XX");
    }
    return new HttpUrl(isSecure, host, port, escaped);
  }

  private static int endOfAuthority(String text, int from) {
    int end = from;
    while (end < text.length() && "/?#".indexOf(text.charAt(end)) < 0) {
      end++;
    }
    return end;
  }

  private static String withoutFragment(String text) {
    int hash = text.indexOf('#');
    return hash < 0 ? text : text.substring(0, hash);
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 0x80);
  }

  private static String toAscii(String text, String authority) {
    try {
      return IDN.toASCII(authority);
    } catch (IllegalArgumentException e) {
      throw wrong(text, "its host is no name: " + e.getMessage());
    }
  }

  private static String escape(String target) {
    if (isAscii(target)) {
      return target;
    }
    StringBuilder escaped = new StringBuilder();
    for (byte value : target.getBytes(StandardCharsets.UTF_8)) {
      if (value >= 0) {
        escaped.append((char) value);
      } else {
        escaped.append('%').append("%02X".formatted(value & 0xFF));
      }
    }
    return escaped.toString();
  }

  private static IllegalArgumentException wrong(String text, String why) {
    String shown = text.length() > 200 ? text.substring(0, 200) + "..." : text;
    return new IllegalArgumentException(
        "'" + shown.replaceAll("[^\\x20-\\x7e]", "?") + "' is no URL to ask: " + why);
  }

  private static int defaultPort(boolean isSecure) {
    return isSecure ? HTTPS_PORT : HTTP_PORT;
  }

  /**
   * What a reference means on this page, as in {@code Location}: RFC 3986, 5.2.
   *
   * @throws IllegalArgumentException if it does not lead to a URL of http or https
   */
  public HttpUrl resolve(String reference) {
    String text = withoutFragment(reference);
    if (hasScheme(text)) {
      return parse(text);
    }
    if (text.startsWith("//")) {
      return parse(scheme() + ":" + text);
    }
    if (text.isEmpty()) {
      return this;
    }
    String path = path();
    String next;
    if (text.startsWith("/")) {
      next = text;
    } else if (text.startsWith("?")) {
      next = path + text;
    } else {
      next = path.substring(0, path.lastIndexOf('/') + 1) + text;
    }
    return of(reference, isSecure, authority(), withoutDots(next));
  }

  private static boolean hasScheme(String text) {
    int colon = text.indexOf(':');
    if (colon <= 0) {
      return false;
    }
    String before = text.substring(0, colon);
    return before.matches("[A-Za-z][A-Za-z0-9+.-]*");
  }

  /** RFC 3986, 5.2.4. */
  private static String withoutDots(String target) {
    int question = target.indexOf('?');
    String path = question < 0 ? target : target.substring(0, question);
    StringBuilder out = new StringBuilder();
    String[] segments = path.substring(1).split("/", -1);
    for (int i = 0; i < segments.length; i++) {
      boolean isLast = i == segments.length - 1;
      switch (segments[i]) {
        case "." -> out.append(isLast ? "/" : "");
        case ".." -> {
          out.setLength(Math.max(0, out.lastIndexOf("/")));
          out.append(isLast ? "/" : "");
        }
        default -> out.append('/').append(segments[i]);
      }
    }
    return out + (question < 0 ? "" : target.substring(question));
  }

  public boolean isSecure() {
    return isSecure;
  }

  /** {@code http} or {@code https}. */
  public String scheme() {
    return isSecure ? "https" : "http";
  }

  /** In lower case; an address of IPv6 in brackets. */
  public String host() {
    return host;
  }

  /** The host as a resolver and TLS take it: without brackets. */
  String bareHost() {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  public int port() {
    return port;
  }

  /** What {@code Host} says: the port only where it is not the usual one. */
  public String authority() {
    return port == defaultPort(isSecure) ? host : host + ":" + port;
  }

  /** Path and query. */
  public String target() {
    return target;
  }

  public String path() {
    int question = target.indexOf('?');
    return question < 0 ? target : target.substring(0, question);
  }

  /** Whether both are of the same scheme, host and port. */
  public boolean hasSameOrigin(HttpUrl other) {
    return isSecure == other.isSecure && host.equals(other.host) && port == other.port;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HttpUrl url && hasSameOrigin(url) && target.equals(url.target);
  }

  @Override
  public int hashCode() {
    return toString().hashCode();
  }

  @Override
  public String toString() {
    return scheme() + "://" + authority() + target;
  }
}
