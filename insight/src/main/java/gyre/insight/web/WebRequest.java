package gyre.insight.web;

import gyre.http.HttpException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link WebHandler} is asked: the fields of the query, or of the form that was sent.
 * Immutable.
 */
public final class WebRequest {
  private static final int FIELDS_LIMIT = 64;

  private final Map<String, String> fields;

  private WebRequest(Map<String, String> fields) {
    this.fields = Map.copyOf(fields);
  }

  static WebRequest of(Map<String, String> fields) {
    return new WebRequest(fields);
  }

  static WebRequest ofQuery(@Nullable String query) {
    Map<String, String> fields = new LinkedHashMap<>();
    String[] pieces = query == null ? new String[0] : query.split("&", FIELDS_LIMIT + 1);
    if (pieces.length > FIELDS_LIMIT) {
      throw new HttpException(400, "the query has more than " + FIELDS_LIMIT + " fields");
    }
    for (String each : pieces) {
      int equals = each.indexOf('=');
      String name = equals < 0 ? each : each.substring(0, equals);
      fields.putIfAbsent(decode(name), equals < 0 ? "" : decode(each.substring(equals + 1)));
    }
    return new WebRequest(fields);
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new HttpException(400, "the query has a broken escape");
    }
  }

  /** The first field of that name; empty if there is none. */
  public String field(String name) {
    return fields.getOrDefault(name, "");
  }

  /**
   * As {@link #field}, where there must be one.
   *
   * @throws HttpException with status 400 if it is missing or empty
   */
  public String needed(String name) {
    String value = field(name);
    if (value.isEmpty()) {
      throw new HttpException(400, name + " is missing");
    }
    return value;
  }

  /**
   * A field that is a number.
   *
   * @throws HttpException with status 400 if it is none from {@code least} to {@code most}
   */
  public int number(String name, int defaultValue, int least, int most) {
    String value = field(name);
    if (value.isEmpty()) {
      return defaultValue;
    }
    if (value.matches("[0-9]{1,9}")) {
      int number = Integer.parseInt(value);
      if (number >= least && number <= most) {
        return number;
      }
    }
    throw new HttpException(400, name + " must be a number from " + least + " to " + most);
  }
}
