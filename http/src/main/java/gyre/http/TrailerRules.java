package gyre.http;

import java.util.List;

/**
 * Fields that frame, route or authenticate a message must come before its body: RFC 9110, 6.5.1.
 */
final class TrailerRules {
  private static final List<String> FORBIDDEN =
      List.of(
          "content-length",
          "transfer-encoding",
          "host",
          "trailer",
          "te",
          "connection",
          "upgrade",
          "expect",
          "content-encoding",
          "content-type",
          "content-range",
          "authorization",
          "proxy-authorization",
          "cookie",
          "set-cookie",
          "cache-control",
          "range",
          "max-forwards");

  private TrailerRules() {}

  static boolean isForbidden(Fields fields, int field) {
    for (String name : FORBIDDEN) {
      if (fields.isNamed(field, name)) {
        return true;
      }
    }
    return false;
  }

  static boolean isForbidden(String name) {
    for (String forbidden : FORBIDDEN) {
      if (forbidden.equalsIgnoreCase(name)) {
        return true;
      }
    }
    return false;
  }
}
