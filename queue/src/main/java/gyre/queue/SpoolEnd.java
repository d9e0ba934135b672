package gyre.queue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Looks in the directories for how an entry has ended. */
record SpoolEnd(Spool spool, String id, String name) {
  Optional<JobEnd> end() {
    try {
      Optional<JobEnd> end = endOf(name);
      // A retry may have changed the priority, so what is looked for is the rest of the name.
      for (int priority = EntryName.FIRST_PRIORITY;
          end.isEmpty() && priority <= EntryName.LAST_PRIORITY;
          priority++) {
        String candidate = EntryName.withPriority(name, priority);
        end = candidate.equals(name) ? end : endOf(candidate);
      }
      return end;
    } catch (IOException e) {
      throw QueueException.of("look for entry", id, e);
    }
  }

  private Optional<JobEnd> endOf(String candidate) throws IOException {
    if (Files.exists(spool.completed.resolve(candidate))) {
      return Optional.of(new JobEnd(true, "", result(candidate)));
    }
    if (Files.exists(spool.failed.resolve(candidate))) {
      return Optional.of(new JobEnd(false, error(candidate), null));
    }
    return Optional.empty();
  }

  private @Nullable Object result(String candidate) throws IOException {
    Path file = spool.completed.resolve(candidate + Enqueued.RESULT_SUFFIX);
    return Files.exists(file) ? read(file).get("result") : null;
  }

  private String error(String candidate) throws IOException {
    Path file = spool.failed.resolve(candidate + Failure.SUFFIX);
    return Files.exists(file) ? String.valueOf(read(file).get("error")) : "";
  }

  private static Map<String, @Nullable Object> read(Path file) throws IOException {
    try {
      return Json.readObject(Files.readString(file).getBytes(StandardCharsets.UTF_8));
    } catch (BadEntryException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }
}
