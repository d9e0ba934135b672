package gyre.queue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Batches of entries, and what is enqueued when the last of one has ended. That entry has an id
 * made of the batch's name, so that the ledger keeps it from being done twice when a crash has it
 * enqueued twice.
 */
final class Batches {
  private static final String SKIPPED = ".skipped";

  /**
   * @param fields of the entry that is enqueued at its end
   * @param dueMillis when that one is to be done, if not at once; 0 if so
   */
  record Batch(String name, long size, Map<String, @Nullable Object> fields, long dueMillis) {
    Job callback() {
      Job job = Job.ofFields(fields);
      return dueMillis == 0 ? job : job.at(Instant.ofEpochMilli(dueMillis));
    }
  }

  private Batches() {}

  private static Path file(Spool spool, String batch) {
    return spool.batches.resolve(Queue.hash(batch) + ".json");
  }

  static void write(Spool spool, String batch, int size, Job callback) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("batch", batch);
    fields.put("size", size);
    fields.put("callback", callback.toJson(0, callback.text("id"), Instant.now()));
    Instant due = callback.due();
    if (due != null) {
      fields.put("due_millis", due.toEpochMilli());
    }
    Path part = spool.tmp.resolve("batch-" + Queue.hash(batch) + "-" + System.nanoTime() + ".tmp");
    try {
      Spool.writeNew(part, Json.write(fields).getBytes(StandardCharsets.UTF_8));
      Spool.move(part, file(spool, batch));
      Spool.syncDirectory(spool.batches);
    } catch (IOException e) {
      throw QueueException.of("open batch " + batch + " of", spool.base, e);
    }
  }

  static Optional<Batch> read(Spool spool, String batch) throws IOException {
    Path file = file(spool, batch);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      Map<String, @Nullable Object> fields = Json.readObject(Files.readAllBytes(file));
      byte[] callback = String.valueOf(fields.get("callback")).getBytes(StandardCharsets.UTF_8);
      long size = fields.get("size") instanceof Number number ? number.longValue() : 0;
      long due = fields.get("due_millis") instanceof Number number ? number.longValue() : 0;
      return Optional.of(new Batch(batch, size, Json.readObject(callback), due));
    } catch (BadEntryException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  static void delete(Spool spool, String batch) throws IOException {
    for (Path each : skipped(spool, batch)) {
      Files.deleteIfExists(each);
    }
    Files.deleteIfExists(file(spool, batch));
  }

  // ---- entries that end without being executed

  /**
   * Counts an entry that nobody executes: it was done before under its id, or was discarded. Once
   * for each name of a file, however often it is said.
   */
  static void skip(Spool spool, String batch, String name) throws IOException {
    Path mark = spool.batches.resolve(Queue.hash(batch) + "." + Queue.hash(name) + SKIPPED);
    if (!Files.exists(mark)) {
      Files.writeString(mark, name);
    }
  }

  static long countSkipped(Spool spool, String batch) throws IOException {
    return skipped(spool, batch).size();
  }

  private static List<Path> skipped(Spool spool, String batch) throws IOException {
    List<Path> found = new ArrayList<>();
    String pattern = Queue.hash(batch) + ".*" + SKIPPED;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(spool.batches, pattern)) {
      files.forEach(found::add);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return found;
  }
}
