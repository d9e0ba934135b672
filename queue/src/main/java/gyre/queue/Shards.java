package gyre.queue;

import gyre.insight.text.Plural;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A queue in several parts, since a database of SQLite has one writer: each shard is a directory
 * with a database, a ledger and a lock of its own, below {@code shards/}. The shard of an entry
 * follows from its batch, or else from its id: so what belongs together, and what must be done
 * once, meets the same ledger, whoever enqueues it and whenever. An id counts for the entries of
 * one batch, or for those without one: the same id in two batches is two entries.
 *
 * @param count written down in {@code shards/count}; it can't be changed once entries are there
 */
record Shards(Path base, int count) {
  static final int LIMIT = 64;

  /** Of that directory, if its queue has shards. */
  static Optional<Shards> of(Path base) {
    Path file = countFile(base);
    try {
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      int count = Integer.parseInt(Files.readString(file).strip());
      if (count >= 1 && count <= LIMIT) {
        return Optional.of(new Shards(base, count));
      }
      throw wrong(file, null);
    } catch (IOException e) {
      throw QueueException.of("read", file, e);
    } catch (NumberFormatException e) {
      throw wrong(file, e);
    }
  }

  private static QueueException wrong(Path file, @Nullable Exception e) {
    String text =
        "read "
            + file
            + ": it must have the number of shards in it, from 1 to "
            + LIMIT
            + ", which is how many directories with a number are beside it";
    return e == null ? new QueueException(text) : new QueueException(text, e);
  }

  private static Path countFile(Path base) {
    return base.resolve("shards").resolve("count");
  }

  /** Makes them, or checks that there are so many. */
  static Shards open(Path base, int count) {
    if (count < 1 || count > LIMIT) {
      throw new IllegalArgumentException("shards must be from 1 to " + LIMIT + ": " + count);
    }
    try {
      Optional<Shards> known = of(base);
      if (known.isPresent()) {
        return checked(known.get(), count);
      }
      checkNoWorkerHadIt(base);
      Queue.open(base); // where others put files, and unique keys are
      Files.createDirectories(base.resolve("shards"));
      String random = Long.toString(System.nanoTime(), Character.MAX_RADIX);
      long pid = ProcessHandle.current().pid();
      Path part = base.resolve("tmp").resolve("count-" + pid + "-" + random + ".tmp");
      // On the device before it has its name: an empty one would stop every command.
      Spool.writeNew(part, (count + "\n").getBytes(StandardCharsets.UTF_8));
      Shards made = new Shards(base, count);
      for (int i = 0; i < count; i++) {
        made.make(i);
      }
      try {
        Files.createLink(countFile(base), part); // of several that make them one wins
      } catch (FileAlreadyExistsException e) {
        return checked(of(base).orElseThrow(), count);
      } finally {
        Files.deleteIfExists(part);
      }
      Spool.syncDirectory(base.resolve("shards"));
      return made;
    } catch (IOException e) {
      throw QueueException.of("make shards of", base, e);
    }
  }

  /**
   * Its ledger, wherever that is, does not know the ids of the shards, and what it has in {@code
   * processing/} would never be replayed.
   */
  private static void checkNoWorkerHadIt(Path base) throws IOException {
    Spool spool = new Spool(base);
    boolean hadOne =
        Files.exists(base.resolve("queue.db"))
            || Files.exists(spool.heartbeat(0))
            || hasFiles(spool.processing);
    if (hadOne) {
      throw new QueueException(
          "make shards of "
              + base
              + ": a worker without shards has worked there, and its ledger is in one database;"
              + " drain it, and use another directory");
    }
  }

  private static boolean hasFiles(Path directory) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      return files.iterator().hasNext();
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static Shards checked(Shards known, int count) {
    if (known.count != count) {
      throw new QueueException(
          "use "
              + Plural.of(count, "shard")
              + " of "
              + known.base
              + ": it has "
              + known.count
              + ", and another number would send ids to ledgers that don't know them");
    }
    return known;
  }

  /** Unique keys are those of all: a link to the directory of the whole queue. */
  private void make(int shard) throws IOException {
    Path directory = directory(shard);
    Files.createDirectories(directory);
    Path unique = directory.resolve("unique");
    if (!Files.exists(unique)) {
      try {
        Files.createSymbolicLink(unique, Path.of("..", "..", "unique"));
      } catch (FileAlreadyExistsException e) {
        // another one makes them too
      }
    }
    Queue.open(directory);
  }

  Path directory(int shard) {
    return base.resolve("shards").resolve(String.valueOf(shard));
  }

  List<Path> directories() {
    List<Path> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(directory(i));
    }
    return all;
  }

  /** The same on each machine and in each version. */
  int shardOf(String key) {
    CRC32C hash = new CRC32C();
    hash.update(key.getBytes(StandardCharsets.UTF_8));
    return (int) (hash.getValue() % count);
  }

  int shardOf(Entry entry) {
    return shardOf(entry.batch().isEmpty() ? entry.id() : entry.batch());
  }
}
