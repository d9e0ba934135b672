package gyre.queue;

import java.io.StringWriter;
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
      String name = parser.currentName();
      object.put(name, value(parser, parser.nextToken()));
    }
    return object;
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
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getNumberValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> null;
    };
  }

  /** Any value that {@link #readObject} gives, as JSON in one line. */
  static String write(@Nullable Object value) {
    StringWriter text = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
      write(generator, value);
    }
    return text.toString();
  }

  private static void write(JsonGenerator generator, @Nullable Object value) {
    switch (value) {
      case null -> generator.writeNull();
      case Map<?, ?> map -> {
        generator.writeStartObject();
        map.forEach((name, each) -> {
          generator.writeName(String.valueOf(name));
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
      case java.math.BigInteger number -> generator.writeNumber(number);
      case java.math.BigDecimal number -> generator.writeNumber(number);
      default -> generator.writeString(String.valueOf(value));
    }
  }
}
