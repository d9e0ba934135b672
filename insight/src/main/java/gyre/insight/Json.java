package gyre.insight;

import java.io.StringWriter;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes JSON. */
final class Json {
  private static final JsonFactory FACTORY = JsonFactory.builder().build();

  private final JsonGenerator generator;

  private Json(JsonGenerator generator) {
    this.generator = generator;
  }

  /** One object, in one line. */
  static String object(Consumer<Json> content) {
    return write(json -> {
      json.generator.writeStartObject();
      content.accept(json);
      json.generator.writeEndObject();
    });
  }

  /** One array, in one line. */
  static String array(Consumer<Json> content) {
    return write(json -> {
      json.generator.writeStartArray();
      content.accept(json);
      json.generator.writeEndArray();
    });
  }

  private static String write(Consumer<Json> content) {
    StringWriter text = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
      content.accept(new Json(generator));
    }
    return text.toString();
  }

  void put(String key, String value) {
    generator.writeName(key);
    generator.writeString(value);
  }

  void put(String key, long value) {
    generator.writeName(key);
    generator.writeNumber(value);
  }

  void put(String key, double value) {
    generator.writeName(key);
    generator.writeNumber(value);
  }

  void put(String key, boolean value) {
    generator.writeName(key);
    generator.writeBoolean(value);
  }

  void object(String key, Consumer<Json> content) {
    generator.writeName(key);
    generator.writeStartObject();
    content.accept(this);
    generator.writeEndObject();
  }

  void array(String key, Consumer<Json> content) {
    generator.writeName(key);
    generator.writeStartArray();
    content.accept(this);
    generator.writeEndArray();
  }

  /** Within an array. */
  void element(String value) {
    generator.writeString(value);
  }

  /** Within an array. */
  void element(long value) {
    generator.writeNumber(value);
  }

  /** Within an array. */
  void element(Consumer<Json> content) {
    generator.writeStartObject();
    content.accept(this);
    generator.writeEndObject();
  }
}
