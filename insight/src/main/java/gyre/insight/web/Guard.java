package gyre.insight.web;

import gyre.http.Cookies;
import gyre.http.HttpException;
import gyre.http.Request;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may see and do what. Four attacks are in mind: a stranger on the network (token), another
 * site in the browser of somebody who may (a secret that only our page can read, in a field that no
 * form can send), a name of the attacker that points here (names are listed), and a page of ours in
 * a frame of theirs (fields of the answer, {@link #PROTECTION}).
 */
final class Guard {
  /** What a request is allowed to need. */
  enum Access {
    /** Nothing: files of the page without data, and probes. */
    OPEN,
    /** To be somebody who may look. */
    READ,
    /** And to come from our page, or from a program that has the token. */
    ACT
  }

  static final String CSRF_FIELD = "X-Gyre-Csrf";

  /** Names and values of what each answer says. */
  static final String[] PROTECTION = {
    "Content-Security-Policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options",
    "nosniff",
    "X-Frame-Options",
    "DENY",
    "Referrer-Policy",
    "no-referrer",
    "Cross-Origin-Opener-Policy",
    "same-origin",
    "Cross-Origin-Resource-Policy",
    "same-origin"
  };

  private static final String BEARER = "Bearer ";
  private static final int SECRET_BYTES = 16;

  /** Whoever signs in as one more has the one who did so first sign in anew. */
  private static final int SESSIONS_MAX = 256;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final byte @Nullable [] token;

  /** Digests of the cookies of those who have signed in, the oldest first. On the loop. */
  private final Set<String> sessions = new LinkedHashSet<>();

  private final String cookieName;
  private final Set<String> hosts;
  private final String csrf = secret();

  /**
   * @param port of the server: cookies are shared by all ports of a machine, so it is in their name
   */
  Guard(@Nullable String token, Set<String> hosts, int port) {
    this.token = token == null ? null : digest(token);
    this.cookieName = "gyre-" + port;
    this.hosts = hosts;
  }

  static String secret() {
    byte[] bytes = new byte[SECRET_BYTES];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  boolean needsToken() {
    return token != null;
  }

  String csrf() {
    return csrf;
  }

  String cookieName() {
    return cookieName;
  }

  /**
   * The value of the cookie of somebody who has signed in. Not the token: who reads a cookie store
   * gets in until that one signs out, or the next start, and not for ever.
   */
  String beginSession() {
    String value = secret();
    if (sessions.size() == SESSIONS_MAX) {
      sessions.remove(sessions.iterator().next());
    }
    sessions.add(key(value));
    return value;
  }

  /** The one that the request belongs to. */
  void endSession(Request request) {
    String value = Cookies.get(request, cookieName);
    if (value != null) {
      sessions.remove(key(value));
    }
  }

  private static String key(String cookie) {
    return HexFormat.of().formatHex(digest(cookie));
  }

  /**
   * @throws HttpException that says why not
   */
  void check(Request request, Access access) {
    checkHost(request);
    if (access == Access.OPEN) {
      return;
    }
    checkOrigin(request);
    if (!isKnown(request)) {
      throw new HttpException(401, "a token is needed: open the address with #token=... behind it");
    }
    if (access == Access.ACT && !hasBearer(request)) {
      String sent = request.header(CSRF_FIELD);
      if (sent == null || !MessageDigest.isEqual(digest(sent), digest(csrf))) {
        throw new HttpException(
            403, "the field " + CSRF_FIELD + " is missing or old: load the page again");
      }
    }
  }

  /** Whether it has the token, or the cookie that was given for it; true if none is needed. */
  boolean isKnown(Request request) {
    return token == null || hasBearer(request) || isSession(Cookies.get(request, cookieName));
  }

  private boolean isSession(@Nullable String cookie) {
    return cookie != null && sessions.contains(key(cookie));
  }

  boolean isToken(@Nullable String sent) {
    return matches(token, sent);
  }

  private boolean hasBearer(Request request) {
    String field = request.header("Authorization");
    return field != null
        && field.regionMatches(true, 0, BEARER, 0, BEARER.length())
        && isToken(field.substring(BEARER.length()).strip());
  }

  /** Digests are compared, in constant time: neither content nor length of the secret is told. */
  private static boolean matches(byte @Nullable [] expected, @Nullable String sent) {
    return expected != null && sent != null && MessageDigest.isEqual(expected, digest(sent));
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** A name that is not ours may be one that an attacker has pointed at this machine. */
  private void checkHost(Request request) {
    String host = request.host();
    if (host == null || !isOurs(withoutPort(host))) {
      throw new HttpException(
          421,
          "this name is not served: use the address, or have the name allowed where the page is"
              + " started");
    }
  }

  private boolean isOurs(String name) {
    return name.equals("localhost") || isAddress(name) || hosts.contains(name);
  }

  private static String withoutPort(String host) {
    int bracket = host.lastIndexOf(']');
    int colon = host.lastIndexOf(':');
    String name = colon > bracket ? host.substring(0, colon) : host;
    return name.toLowerCase(Locale.ROOT);
  }

  private static boolean isAddress(String name) {
    String bare =
        name.startsWith("[") && name.endsWith("]") ? name.substring(1, name.length() - 1) : name;
    // Only what looks like an address is parsed: names would be asked of a name server.
    boolean isV4 = bare.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
    boolean isV6 = bare.indexOf(':') >= 0 && bare.matches("[0-9a-f:.]{2,45}");
    if (!isV4 && !isV6) {
      return false;
    }
    try {
      return InetAddress.ofLiteral(bare).getAddress().length > 0;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** What browsers say of where a request comes from; programs say nothing. */
  void checkOrigin(Request request) {
    String site = request.header("Sec-Fetch-Site");
    boolean isForeign = site != null && !site.equals("same-origin") && !site.equals("none");
    String origin = request.header("Origin");
    String host = request.host();
    boolean isOther =
        origin != null
            && !origin.equalsIgnoreCase("http://" + host)
            && !origin.equalsIgnoreCase("https://" + host);
    if (isForeign || isOther) {
      throw new HttpException(403, "requests of other sites are refused");
    }
  }
}
