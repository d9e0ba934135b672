package gyre.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a body of type {@code application/x-www-form-urlencoded}, in their order. {@link
 * Multipart} is the other kind.
 */
public final class Form {
  /** The most fields of a form. */
  public static final int MOST_FIELDS = 1000;

  /** One field. */
  public record Field(String name, String value) {}

  private final List<Field> fields;

  private Form(List<Field> fields) {
    this.fields = List.copyOf(fields);
  }

  /**
   * Reads the body of a request.
   *
   * @throws HttpException with status 415 if it is of another type, 400 if it is malformed, 413 if
   *     it has too many fields
   * @throws BodyException if it is longer than the limit of the body
   */
  public static Form of(Request request) {
    String type = request.header("Content-Type");
    FieldParameters parsed = type == null ? null : FieldParameters.parse(type);
    if (parsed == null || !parsed.value().equalsIgnoreCase("application/x-www-form-urlencoded")) {
      throw new HttpException(415, "the body is not application/x-www-form-urlencoded");
    }
    return parse(request.body().readAll());
  }

  static Form parse(byte[] bytes) {
    List<Field> fields = new ArrayList<>();
    int from = 0;
    while (from < bytes.length) {
      int to = from;
      int equals = -1;
      while (to < bytes.length && bytes[to] != '&') {
        equals = equals < 0 && bytes[to] == '=' ? to : equals;
        to++;
      }
      if (to > from) {
        if (fields.size() == MOST_FIELDS) {
          throw new HttpException(413, "form: there are more than " + MOST_FIELDS + " fields");
        }
        String name = decode(bytes, from, equals < 0 ? to : equals);
        fields.add(new Field(name, equals < 0 ? "" : decode(bytes, equals + 1, to)));
      }
      from = to + 1;
    }
    return new Form(fields);
  }

  private static String decode(byte[] bytes, int from, int to) {
    byte[] decoded = new byte[to - from];
    int length = 0;
    for (int at = from; at < to; at++) {
      byte value = bytes[at];
      if (value == '%') {
        if (at + 2 >= to || !Ascii.isHex(bytes[at + 1]) || !Ascii.isHex(bytes[at + 2])) {
          throw new HttpException(400, "form: a broken escape at byte " + at);
        }
        value = (byte) (Ascii.hex(bytes[at + 1]) << 4 | Ascii.hex(bytes[at + 2]));
        at += 2;
      } else if (value == '+') {
        value = ' ';
      }
      decoded[length++] = value;
    }
    try {
      ByteBuffer utf8 = ByteBuffer.wrap(decoded, 0, length);
      return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    } catch (CharacterCodingException e) {
      throw new HttpException(400, "form: what is at byte " + from + " is no UTF-8");
    }
  }

  public List<Field> fields() {
    return fields;
  }

  /** The first value with this name; null if there is none. */
  public @Nullable String get(String name) {
    for (Field field : fields) {
      if (field.name.equals(name)) {
        return field.value;
      }
    }
    return null;
  }
}
