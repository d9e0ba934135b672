package gyre.http.client;

import java.time.DateTimeException;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the cookies of servers and sends them back: RFC 6265, with one difference. A cookie goes to
 * the host that has set it and to no other, whatever its {@code Domain} says, because nobody but
 * the public suffix list knows whether {@code co.uk} is a shop or a country. Domains that belong
 * together are named in {@link #sharing}. What comes without TLS neither replaces nor hides a
 * cookie that is for TLS alone.
 *
 * <p>Bounded: 50 cookies of a host, 1,000 in all, 4 KiB each; the oldest goes first. Used on one
 * loop.
 */
public final class CookieJar {
  private static final int COOKIE_LIMIT_BYTES = 4096;
  private static final int HOST_LIMIT = 50;
  private static final int TOTAL_LIMIT = 1000;

  private final Set<String> shared;

  /** The oldest first. */
  private final List<Cookie> cookies = new ArrayList<>();

  private CookieJar(Set<String> shared) {
    this.shared = shared;
  }

  /** An empty one, whose cookies go to the hosts that have set them alone. */
  public static CookieJar create() {
    return new CookieJar(Set.of());
  }

  /**
   * An empty one that heeds {@code Domain} for these domains: {@code Set.of("example.org")} lets
   * {@code a.example.org} set cookies for {@code b.example.org}.
   *
   * @throws IllegalArgumentException for a domain without a dot inside
   */
  public static CookieJar sharing(Set<String> domains) {
    for (String domain : domains) {
      if (domain.indexOf('.') <= 0 || !domain.equals(domain.toLowerCase(Locale.ROOT))) {
        throw new IllegalArgumentException(
            "'" + domain + "' is no domain to share cookies: write it as example.org");
      }
    }
    return new CookieJar(Set.copyOf(domains));
  }

  /** How many it holds. */
  public int size() {
    return cookies.size();
  }

  public void clear() {
    cookies.clear();
  }

  /** What {@code Cookie} says to this URL; null if there is none for it. */
  @Nullable String header(HttpUrl url, InstantSource clock) {
    expire(clock.millis());
    List<Cookie> fit = new ArrayList<>();
    for (Cookie cookie : cookies) {
      if (cookie.goesTo(url)) {
        fit.add(cookie);
      }
    }
    if (fit.isEmpty()) {
      return null;
    }
    // The longest path first, and then the oldest: the sort is stable.
    fit.sort(Comparator.comparingInt((Cookie cookie) -> cookie.path().length()).reversed());
    StringBuilder header = new StringBuilder();
    for (Cookie cookie : fit) {
      header.append(header.isEmpty() ? "" : "; ");
      header.append(cookie.name()).append('=').append(cookie.value());
    }
    return header.toString();
  }

  /** Takes note of one {@code Set-Cookie}; what is malformed or not to be believed is ignored. */
  void set(HttpUrl from, String field, InstantSource clock) {
    if (field.length() > COOKIE_LIMIT_BYTES) {
      return;
    }
    long nowMillis = clock.millis();
    Cookie cookie = parse(from, field, nowMillis);
    if (cookie == null) {
      return;
    }
    expire(nowMillis);
    if (!from.isSecure() && cookies.stream().anyMatch(cookie::overlays)) {
      return; // from whoever stands between, maybe
    }
    cookies.removeIf(cookie::isSame);
    if (cookie.expiresMillis() > nowMillis) {
      makeRoom(cookie.domain());
      cookies.add(cookie);
    }
  }

  private void expire(long nowMillis) {
    cookies.removeIf(cookie -> cookie.expiresMillis() <= nowMillis);
  }

  private void makeRoom(String domain) {
    long ofHost = cookies.stream().filter(cookie -> cookie.domain().equals(domain)).count();
    if (ofHost >= HOST_LIMIT) {
      for (Iterator<Cookie> each = cookies.iterator(); each.hasNext(); ) {
        if (each.next().domain().equals(domain)) {
          each.remove();
          return;
        }
      }
    }
    if (cookies.size() >= TOTAL_LIMIT) {
      cookies.removeFirst();
    }
  }

  private @Nullable Cookie parse(HttpUrl from, String field, long nowMillis) {
    String[] parts = field.split(";", -1);
    int equals = parts[0].indexOf('=');
    if (equals <= 0) {
      return null;
    }
    String name = parts[0].substring(0, equals).strip();
    String value = parts[0].substring(equals + 1).strip();
    if (name.isEmpty() || !isSound(name) || !isSound(value)) {
      return null;
    }
    Attributes attributes = new Attributes(nowMillis);
    for (int i = 1; i < parts.length; i++) {
      attributes.take(parts[i]);
    }
    return attributes.fitsPrefix(name, from) ? attributes.cookie(name, value, from) : null;
  }

  /** Without controls: it is sent back as it is. */
  private static boolean isSound(String text) {
    return text.chars().allMatch(c -> c >= 0x20 && c != 0x7F && c <= 0xFF);
  }

  /** What stands behind the value. */
  private final class Attributes {
    private final long nowMillis;
    private String domain = "";
    private String path = "";
    private boolean isSecure;
    private @Nullable Long maxAgeMillis;
    private @Nullable Long expiresMillis;

    Attributes(long nowMillis) {
      this.nowMillis = nowMillis;
    }

    void take(String part) {
      int equals = part.indexOf('=');
      String name = (equals < 0 ? part : part.substring(0, equals)).strip();
      String value = equals < 0 ? "" : part.substring(equals + 1).strip();
      switch (name.toLowerCase(Locale.ROOT)) {
        case "domain" -> domain = value.startsWith(".") ? value.substring(1) : value;
        case "path" -> path = value;
        case "secure" -> isSecure = true;
        case "max-age" -> maxAgeMillis = maxAge(value);
        case "expires" -> expiresMillis = date(value);
        default -> {} // HttpOnly and SameSite are for browsers
      }
    }

    private @Nullable Long maxAge(String value) {
      if (!value.matches("-?[0-9]{1,18}")) {
        return null;
      }
      long seconds = Math.clamp(Long.parseLong(value), -1L, 400L * 24 * 60 * 60);
      return seconds <= 0 ? 0 : nowMillis + seconds * 1000;
    }

    private static @Nullable Long date(String value) {
      // "Sun, 06 Nov 1994 08:49:37 GMT", and with dashes as Netscape wrote it
      String usual = value.replaceFirst("(\\d{2})-(\\w{3})-(\\d{4})", "$1 $2 $3");
      try {
        return ZonedDateTime.parse(usual, DateTimeFormatter.RFC_1123_DATE_TIME)
            .toInstant()
            .toEpochMilli();
      } catch (DateTimeException e) {
        return null; // as if it were not there
      }
    }

    /** Names that promise something: RFC 6265bis, 4.1.3. */
    boolean fitsPrefix(String name, HttpUrl from) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (isSecure && !from.isSecure()) {
        return false;
      }
      if (lower.startsWith("__host-")) {
        return isSecure && domain.isEmpty() && path.equals("/");
      }
      return !lower.startsWith("__secure-") || isSecure;
    }

    @Nullable Cookie cookie(String name, String value, HttpUrl from) {
      String lower = domain.toLowerCase(Locale.ROOT);
      boolean isForOthers = !lower.isEmpty() && !lower.equals(from.host());
      if (isForOthers && !from.host().endsWith("." + lower)) {
        return null; // of a domain that it does not belong to
      }
      boolean isShared = !lower.isEmpty() && isWithinShared(lower);
      Long end = maxAgeMillis != null ? maxAgeMillis : expiresMillis;
      return new Cookie(
          name,
          value,
          isShared ? lower : from.host(),
          !isShared,
          path.startsWith("/") ? path : defaultPath(from.path()),
          isSecure,
          end == null ? Long.MAX_VALUE : end);
    }

    private boolean isWithinShared(String lower) {
      return shared.stream().anyMatch(each -> lower.equals(each) || lower.endsWith("." + each));
    }

    private static String defaultPath(String asked) {
      int last = asked.lastIndexOf('/');
      return last <= 0 ? "/" : asked.substring(0, last);
    }
  }
}
