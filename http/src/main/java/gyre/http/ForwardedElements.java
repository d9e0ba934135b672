package gyre.http;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code Forwarded} of RFC 7239 strictly. Each line is read by itself, so that a quote which
 * a client leaves open in its own line cannot swallow what a proxy has added in another.
 */
final class ForwardedElements {
  /** More proxies than any request has passed. */
  static final int LIMIT = 64;

  /**
   * What one proxy has said.
   *
   * @param from who has asked it; null if that stays hidden
   */
  record Element(
      @Nullable InetSocketAddress from, @Nullable String scheme, @Nullable String host) {}

  private final String line;
  private int at;

  private ForwardedElements(String line) {
    this.line = line;
  }

  /** All elements of all lines, in their order. */
  static List<Element> parse(List<String> lines) throws Forwarding.MalformedException {
    List<Element> elements = new ArrayList<>();
    for (String line : lines) {
      new ForwardedElements(line).addTo(elements);
    }
    return elements;
  }

  private void addTo(List<Element> into) throws Forwarding.MalformedException {
    while (at < line.length()) {
      skipBlanks();
      if (at < line.length() && line.charAt(at) != ',') {
        if (into.size() == LIMIT) {
          throw malformed("has more than " + LIMIT + " elements");
        }
        into.add(element());
      }
      if (at < line.length() && line.charAt(at++) != ',') {
        throw malformed("needs a comma at character " + at);
      }
    }
  }

  /** Stops at the comma behind it, or at the end. */
  private Element element() throws Forwarding.MalformedException {
    Set<String> seen = new HashSet<>();
    InetSocketAddress from = null;
    String scheme = null;
    String host = null;
    while (at < line.length() && line.charAt(at) != ',') {
      if (line.charAt(at) == ';') {
        at++; // RFC 7239, 4: a pair may be empty
        continue;
      }
      String name = token().toLowerCase(Locale.ROOT);
      if (at == line.length() || line.charAt(at++) != '=' || !seen.add(name)) {
        throw malformed("is no list of different names with values, at character " + at);
      }
      String value = value();
      switch (name) {
        case "for" -> from = ForwardedNode.parse(value, true);
        case "proto" -> scheme = scheme(value);
        case "host" -> host = host(value);
        default -> {} // RFC 7239, 5.5: others are for others
      }
      skipBlanks();
      if (at < line.length() && line.charAt(at) != ';' && line.charAt(at) != ',') {
        throw malformed("has something behind a value, at character " + at);
      }
    }
    return new Element(from, scheme, host);
  }

  private String token() throws Forwarding.MalformedException {
    int from = at;
    while (at < line.length() && line.charAt(at) < 0x80 && Ascii.isToken((byte) line.charAt(at))) {
      at++;
    }
    if (from == at) {
      throw malformed("needs a name or a value at character " + at);
    }
    return line.substring(from, at);
  }

  private String value() throws Forwarding.MalformedException {
    if (at == line.length() || line.charAt(at) != '"') {
      return token();
    }
    StringBuilder text = new StringBuilder();
    at++;
    while (at < line.length() && line.charAt(at) != '"') {
      if (line.charAt(at) == '\\') {
        at++;
      }
      if (at < line.length()) {
        text.append(line.charAt(at++));
      }
    }
    if (at++ >= line.length()) {
      throw malformed("has a quote that does not end");
    }
    return text.toString();
  }

  private void skipBlanks() {
    while (at < line.length() && Ascii.isBlank((byte) line.charAt(at))) {
      at++;
    }
  }

  /** What the browser speaks; WebSocket is spoken by HTTP. */
  static String scheme(String text) throws Forwarding.MalformedException {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "http", "ws" -> "http";
      case "https", "wss" -> "https";
      default ->
          throw new Forwarding.MalformedException(
              "a proxy names a scheme that is neither http nor https");
    };
  }

  static String host(String text) throws Forwarding.MalformedException {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    if (!Authority.isValid(bytes, 0, bytes.length)) {
      throw new Forwarding.MalformedException(
          "a proxy names a host that is none, with maybe a port");
    }
    return text;
  }

  private static Forwarding.MalformedException malformed(String text) {
    return new Forwarding.MalformedException("Forwarded " + text);
  }
}
