package gyre.http;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Cookies, RFC 6265: what a client sent, and what it is to keep.
 *
 * <pre>{@code
 * String session = Cookies.get(request, "session");
 * response.header("Set-Cookie", Cookies.set("session", id).secure(true).toString());
 * }</pre>
 */
public final class Cookies {
  private static final int LONGEST = 4096;

  private Cookies() {}

  /** The value of the first cookie with this name, as it was sent; null if there is none. */
  public static @Nullable String get(Request request, String name) {
    for (String field : request.headers("Cookie")) {
      String value = find(field, name);
      if (value != null) {
        return value;
      }
    }
    return null;
  }

  static @Nullable String find(String field, String name) {
    int from = 0;
    while (from < field.length()) {
      int semicolon = field.indexOf(';', from);
      int to = semicolon < 0 ? field.length() : semicolon;
      int equals = field.indexOf('=', from);
      if (equals >= 0 && equals < to && field.substring(from, equals).strip().equals(name)) {
        String value = field.substring(equals + 1, to).strip();
        boolean isQuoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        return isQuoted ? value.substring(1, value.length() - 1) : value;
      }
      from = to + 1;
    }
    return null;
  }

  /**
   * A cookie for the client to keep, by default for this session, for all paths, out of reach of
   * scripts ({@code HttpOnly}) and of requests that other sites cause ({@code SameSite=Lax}).
   *
   * @throws IllegalArgumentException for characters that must not stand there: encode them first
   */
  public static Cookie set(String name, String value) {
    return new Cookie(name, value, "; Path=/", "", "; HttpOnly", "", "; SameSite=Lax");
  }

  /** What {@code Set-Cookie} says. Immutable; each method gives a changed copy. */
  public static final class Cookie {
    private final String name;
    private final String value;
    private final String path;
    private final String age;
    private final String httpOnly;
    private final String secure;
    private final String sameSite;

    private Cookie(
        String name,
        String value,
        String path,
        String age,
        String httpOnly,
        String secure,
        String sameSite) {
      check("name", name, true);
      check("value", value, false);
      if (name.length() + value.length() > LONGEST) {
        throw new IllegalArgumentException(
            "cookie " + name + " is longer than the " + LONGEST + " bytes that browsers keep");
      }
      this.name = name;
      this.value = value;
      this.path = path;
      this.age = age;
      this.httpOnly = httpOnly;
      this.secure = secure;
      this.sameSite = sameSite;
    }

    private static void check(String what, String text, boolean isToken) {
      boolean isFine = !isToken || !text.isEmpty();
      for (int i = 0; i < text.length() && isFine; i++) {
        char at = text.charAt(i);
        boolean isOctet = at > 0x20 && at < 0x7F && "\",;\\".indexOf(at) < 0;
        isFine = isOctet && (!isToken || Ascii.isToken((byte) at));
      }
      if (!isFine) {
        throw new IllegalArgumentException(
            "the " + what + " of a cookie has a character that must not stand there: encode it");
      }
    }

    /** Only paths below this one get it; {@code /} by default. */
    public Cookie path(String value) {
      for (int i = 0; i < value.length(); i++) {
        if (value.charAt(i) < 0x20 || value.charAt(i) > 0x7E || value.charAt(i) == ';') {
          throw new IllegalArgumentException("the path of a cookie has a character out of place");
        }
      }
      return new Cookie(name, this.value, "; Path=" + value, age, httpOnly, secure, sameSite);
    }

    /** How long it is kept; zero deletes it. By default until the browser closes. */
    public Cookie maxAge(Duration value) {
      String text = "; Max-Age=" + Checks.atLeast("maxAge", value.toSeconds(), 0);
      return new Cookie(name, this.value, path, text, httpOnly, secure, sameSite);
    }

    /** Whether scripts of the page don't see it; on by default. */
    public Cookie httpOnly(boolean on) {
      return new Cookie(name, value, path, age, on ? "; HttpOnly" : "", secure, sameSite);
    }

    /** Whether it is sent over TLS alone. */
    public Cookie secure(boolean on) {
      return new Cookie(name, value, path, age, httpOnly, on ? "; Secure" : "", sameSite);
    }

    /** {@code Strict}, {@code Lax} or {@code None}, which takes {@link #secure}. */
    public Cookie sameSite(String value) {
      if (!value.matches("Strict|Lax|None")) {
        throw new IllegalArgumentException("sameSite is " + value + ": Strict, Lax or None");
      }
      return new Cookie(name, this.value, path, age, httpOnly, secure, "; SameSite=" + value);
    }

    /** The value of the field. */
    @Override
    public String toString() {
      if (sameSite.endsWith("None") && secure.isEmpty()) {
        throw new IllegalStateException("SameSite=None takes Secure: browsers refuse it otherwise");
      }
      return name + "=" + value + path + age + httpOnly + secure + sameSite;
    }
  }
}
