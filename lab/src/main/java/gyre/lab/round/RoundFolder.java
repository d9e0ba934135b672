package gyre.lab.round;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import gyre.lab.LabException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The folder of one round: all that its steps found out. Each file appears complete or not at all,
 * so that what is there may be relied on after a crash.
 */
record RoundFolder(Path path) {
  String id() {
    return String.valueOf(path.getFileName());
  }

  boolean has(String name) {
    return Files.exists(path.resolve(name));
  }

  Path file(String name) {
    return path.resolve(name);
  }

  String read(String name) {
    try {
      return Files.readString(path.resolve(name));
    } catch (IOException e) {
      throw new LabException("cannot read " + path.resolve(name) + ": " + e.getMessage(), e);
    }
  }

  Optional<String> readIfThere(String name) {
    return has(name) ? Optional.of(read(name)) : Optional.empty();
  }

  void write(String name, String text) {
    Path file = path.resolve(name);
    Path beside = file.resolveSibling(file.getFileName() + ".tmp");
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      writeThrough(beside, text);
      try {
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new LabException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /** To the disk itself, before it gets its name: else a loss of power may leave it empty. */
  private static void writeThrough(Path file, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      while (bytes.hasRemaining()) {
        int ignored = channel.write(bytes);
      }
      channel.force(true);
    }
  }

  JsonObject json(String name) {
    try {
      return JsonParser.object().from(read(name));
    } catch (JsonParserException e) {
      throw new LabException(path.resolve(name) + " is no JSON: " + e.getMessage(), e);
    }
  }

  void write(String name, JsonObject object) {
    write(name, JsonWriter.indent("  ").string().object(object).done() + "\n");
  }
}
