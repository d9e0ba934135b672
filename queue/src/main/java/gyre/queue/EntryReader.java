package gyre.queue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the file of an entry. It comes from anybody, so nothing of it is believed: not that it is a
 * file, nor its size, its encoding or its shape.
 */
final class EntryReader {
  /** Of an id, a unique key, the name of a batch: databases have them in indexes. */
  static final int NAME_LIMIT = 200;

  private final int limitBytes;

  EntryReader(int limitBytes) {
    this.limitBytes = limitBytes;
  }

  Entry read(Path file) throws IOException, BadEntryException {
    BasicFileAttributes attributes =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isRegularFile()) {
      throw BadEntryException.wrong("not a regular file but " + kind(attributes));
    }
    if (attributes.size() > limitBytes) {
      throw BadEntryException.wrong(
          "it has "
              + attributes.size()
              + " bytes, and "
              + limitBytes
              + " are allowed: raise max_entry_bytes, or pass the path of a file in the payload");
    }
    byte[] content = content(file, (int) attributes.size());
    try {
      return parse(content, () -> identity(file, attributes));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private byte[] content(Path file, int sizeBytes) throws IOException, BadEntryException {
    ByteBuffer bytes = ByteBuffer.allocate(sizeBytes + 1); // one more shows that it grew
    try (FileChannel in =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      while (in.read(bytes) >= 0) {
        if (bytes.position() > limitBytes) {
          throw BadEntryException.wrong(
              "it grew beyond " + limitBytes + " bytes while it was read");
        }
        if (!bytes.hasRemaining()) {
          bytes = ByteBuffer.allocate(limitBytes + 1).put(bytes.flip());
        }
      }
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  private static String kind(BasicFileAttributes attributes) {
    return attributes.isSymbolicLink()
        ? "a symbolic link, which is not followed"
        : attributes.isDirectory() ? "a directory" : "a FIFO, a socket or a device";
  }

  /**
   * Of an entry that has no id. The same file is the same entry after each crash, and another file
   * is another one: so the inode and the time at which it was written. The name is none of it,
   * since it changes where another file has it; nor is the device, whose number changes when the
   * machine starts.
   */
  private static String identity(Path file, BasicFileAttributes attributes) {
    Object inode;
    try {
      inode = Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "file-"
        + inode
        + "-"
        + attributes.lastModifiedTime().to(java.util.concurrent.TimeUnit.NANOSECONDS);
  }

  /** For what is in memory: an entry that is checked before it is written. */
  static Entry parse(byte[] content, java.util.function.Supplier<String> identity)
      throws BadEntryException {
    Map<String, @Nullable Object> fields = Json.readObject(content);
    Object sql = fields.get("sql");
    Object operation = fields.get("operation");
    if (sql == null && operation == null) {
      throw BadEntryException.wrong(
          "it has neither \"operation\" nor \"sql\": write {\"sql\": \"...\"} or {\"operation\":"
              + " \"...\", \"payload\": ...}");
    }
    if (sql != null && operation != null) {
      throw BadEntryException.wrong("it has both \"sql\" and \"operation\": one of them is enough");
    }
    checkPriority(fields.get("priority"));
    String id = name(fields, "id");
    Map<String, @Nullable Object> metadata = map(fields, "metadata");
    Object payload = sql != null ? sql : fields.get("payload");
    return new Entry(
        id.isEmpty() ? identity.get() : id,
        sql != null ? Entry.SQL : text(fields, "operation"),
        payload,
        parameters(fields, payload),
        metadata,
        name(fields, "unique_key"),
        name(fields, "batch"),
        Boolean.TRUE.equals(fields.get("result")));
  }

  private static void checkPriority(@Nullable Object priority) throws BadEntryException {
    boolean isRight =
        priority == null
            || (priority instanceof Integer number
                && number >= EntryName.FIRST_PRIORITY
                && number <= EntryName.LAST_PRIORITY);
    if (!isRight) {
      throw BadEntryException.wrong("\"priority\" must be a number from 1 to 10: " + priority);
    }
  }

  private static String name(Map<String, @Nullable Object> fields, String field)
      throws BadEntryException {
    String name = text(fields, field);
    if (name.length() > NAME_LIMIT) {
      throw BadEntryException.wrong(
          "\"" + field + "\" is longer than " + NAME_LIMIT + " characters");
    }
    return name;
  }

  private static String text(Map<String, @Nullable Object> fields, String name)
      throws BadEntryException {
    Object value = fields.get(name);
    return switch (value) {
      case null -> "";
      case String text -> text;
      case Number number when name.equals("id") -> number.toString();
      default -> throw BadEntryException.wrong("\"" + name + "\" must be a string: " + value);
    };
  }

  @SuppressWarnings("unchecked") // all maps are made by Json
  private static Map<String, @Nullable Object> map(
      Map<String, @Nullable Object> fields, String name) throws BadEntryException {
    Object value = fields.get(name);
    return switch (value) {
      case null -> Map.of();
      case Map<?, ?> map -> (Map<String, @Nullable Object>) map;
      default -> throw BadEntryException.wrong("\"" + name + "\" must be an object: " + value);
    };
  }

  private static List<@Nullable Object> parameters(
      Map<String, @Nullable Object> fields, @Nullable Object payload) throws BadEntryException {
    Object value = fields.get("params");
    if (value == null && payload instanceof Map<?, ?> map) {
      value = map.get("params");
    }
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof List<?> list)) {
      throw BadEntryException.wrong("\"params\" must be an array: " + value);
    }
    for (Object each : list) {
      if (each instanceof List<?> || each instanceof Map<?, ?>) {
        throw BadEntryException.wrong("\"params\" must hold plain values, and not " + each);
      }
    }
    return java.util.Collections.unmodifiableList(new java.util.ArrayList<@Nullable Object>(list));
  }
}
