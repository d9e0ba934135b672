package gyre.queue;

import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.core.json.JsonFactory;

/**
 * JSON as maps, lists, strings, numbers, booleans and null. Reading is strict: a key that is there
 * twice, deep nesting and a second value are refused, because two programs would read two different
 * things out of them.
 */
final class Json {
  static final int NESTING_LIMIT = 64;
  private static final int NUMBER_DIGITS_LIMIT = 400;

  /** Characters of a result, as JSON. */
  static final int RESULT_LIMIT = 4 << 20;

  private static final int BOM_FIRST_BYTE = 0xEF;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(NESTING_LIMIT)
                  .maxNumberLength(NUMBER_DIGITS_LIMIT)
                  .build())
          .build();

  private Json() {}

  /** The object that these bytes are. */
  static Map<String, @Nullable Object> readObject(byte[] bytes) throws BadEntryException {
    if (bytes.length == 0) {
      throw BadEntryException.unfinished("the file is empty");
    }
    checkEncoding(bytes);
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), bytes)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw BadEntryException.unfinished("the file has only blanks");
      }
      if (first != JsonToken.START_OBJECT) {
        throw BadEntryException.wrong("not a JSON object: it begins with " + parser.getString());
      }
      Map<String, @Nullable Object> object = object(parser);
      if (parser.nextToken() != null) {
        throw BadEntryException.wrong("there is more behind the end of the JSON object");
      }
      return object;
    } catch (UnexpectedEndOfInputException e) {
      throw BadEntryException.unfinished("the JSON ends in the middle: " + brief(e));
    } catch (StreamReadException e) {
      throw BadEntryException.wrong("not valid JSON: " + brief(e));
    } catch (tools.jackson.core.JacksonException e) {
      throw BadEntryException.wrong("not valid JSON: " + brief(e));
    }
  }

  private static void checkEncoding(byte[] bytes) throws BadEntryException {
    int first = bytes[0] & 0xFF;
    if (first == BOM_FIRST_BYTE && bytes.length > 1 && (bytes[1] & 0xFF) == 0xBB) {
      throw BadEntryException.wrong(
          "it begins with a byte order mark: save it as UTF-8 without one (BOM)");
    }
    if (first == 0xFE || first == 0xFF || first == 0) {
      throw BadEntryException.wrong("not UTF-8: save it as UTF-8");
    }
  }

  /** One line, with the place, but without Jackson's description of where the bytes came from. */
  private static String brief(tools.jackson.core.JacksonException e) {
    String message = String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
    return e.getLocation() == null
        ? message
        : message
            + " (line "
            + e.getLocation().getLineNr()
            + ", column "
            + e.getLocation().getColumnNr()
            + ")";
  }

  private static Map<String, @Nullable Object> object(JsonParser parser) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = whole(parser.currentName());
      object.put(name, value(parser, parser.nextToken()));
    }
    return object;
  }

  /**
   * An escape may name half of a pair, which is no character: no file, program or database would
   * take it.
   */
  private static String whole(String text) {
    if (hasHalfPair(text)) {
      throw new StreamReadException(null, "a string has half of a surrogate pair");
    }
    return text;
  }

  private static boolean hasHalfPair(String text) {
    for (int i = 0; i < text.length(); i++) {
      char each = text.charAt(i);
      if (Character.isSurrogate(each)) {
        boolean isPair =
            Character.isHighSurrogate(each)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!isPair) {
          return true;
        }
        i++;
      }
    }
    return false;
  }

  /** Recursive, and bounded by the nesting limit of the parser. */
  private static @Nullable Object value(JsonParser parser, JsonToken token) {
    return switch (token) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        for (JsonToken next = parser.nextToken();
            next != JsonToken.END_ARRAY;
            next = parser.nextToken()) {
          list.add(value(parser, next));
        }
        yield list;
      }
      case VALUE_STRING -> whole(parser.getString());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getNumberValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> null;
    };
  }

  /** Any value that {@link #readObject} gives, as JSON in one line. */
  static String write(@Nullable Object value) {
    return write(value, new StringWriter());
  }

  private static String write(@Nullable Object value, Writer text) {
    try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
      write(generator, value);
    }
    return text.toString();
  }

  /**
   * What a handler has returned, as whoever awaits it will read it. It may be anything: what
   * contains itself, has no end, throws when it is looked at, or is no JSON.
   *
   * @throws BadEntryException if it can't be written, or not be read again
   */
  static @Nullable Object copy(@Nullable Object value) throws BadEntryException {
    String text;
    try {
      text = write(value, new LimitedWriter());
    } catch (RuntimeException e) {
      throw BadEntryException.wrong(String.valueOf(e.getMessage()));
    }
    String object = "{\"result\":" + text + "}";
    return readObject(object.getBytes(StandardCharsets.UTF_8)).get("result");
  }

  /** Refuses what has no end. */
  private static final class LimitedWriter extends StringWriter {
    @Override
    public void write(char[] text, int from, int count) {
      checkRoom(count);
      super.write(text, from, count);
    }

    @Override
    public void write(String text, int from, int count) {
      checkRoom(count);
      super.write(text, from, count);
    }

    private void checkRoom(int count) {
      if (getBuffer().length() + (long) count > RESULT_LIMIT) {
        throw new IllegalStateException("it has more than " + RESULT_LIMIT + " characters");
      }
    }
  }

  /** Half of a pair becomes a question mark, as it would in any file. */
  private static String wholeAnyway(String text) {
    return hasHalfPair(text)
        ? new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)
        : text;
  }

  private static void write(JsonGenerator generator, @Nullable Object value) {
    switch (value) {
      case null -> generator.writeNull();
      case Map<?, ?> map -> {
        generator.writeStartObject();
        map.forEach((name, each) -> {
          generator.writeName(wholeAnyway(String.valueOf(name)));
          write(generator, each);
        });
        generator.writeEndObject();
      }
      case Iterable<?> list -> {
        generator.writeStartArray();
        list.forEach(each -> write(generator, each));
        generator.writeEndArray();
      }
      case Boolean flag -> generator.writeBoolean(flag);
      case Integer number -> generator.writeNumber(number);
      case Long number -> generator.writeNumber(number);
      case Double number -> generator.writeNumber(number);
      case Float number -> generator.writeNumber(number);
      case Short number -> generator.writeNumber(number);
      case Byte number -> generator.writeNumber((short) number);
      case java.math.BigInteger number -> generator.writeNumber(number);
      case java.math.BigDecimal number -> generator.writeNumber(number);
      default -> generator.writeString(wholeAnyway(String.valueOf(value)));
    }
  }
}
