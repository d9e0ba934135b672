package gyre.queue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A queue in several parts, since a database of SQLite has one writer: each shard is a directory
 * with a database, a ledger and a lock of its own, below {@code shards/}. The shard of an entry
 * follows from its batch, or else from its id: so what belongs together, and what must be done
 * once, meets the same ledger, whoever enqueues it and whenever.
 *
 * @param count written down in {@code shards/count}; it can't be changed once entries are there
 */
record Shards(Path base, int count) {
  static final int LIMIT = 64;

  /** Of that directory, if its queue has shards. */
  static Optional<Shards> of(Path base) {
    Path file = countFile(base);
    try {
      return Files.exists(file)
          ? Optional.of(new Shards(base, Integer.parseInt(Files.readString(file).strip())))
          : Optional.empty();
    } catch (IOException e) {
      throw QueueException.of("read", file, e);
    } catch (NumberFormatException e) {
      throw new QueueException("read " + file + ": it must have the number of shards in it", e);
    }
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
      if (Files.exists(base.resolve("queue.db"))) {
        throw new QueueException(
            "make shards of "
                + base
                + ": its ledger is in one database already; drain it, and use another directory");
      }
      Queue.open(base); // where others put files, and unique keys are
      Files.createDirectories(base.resolve("shards"));
      Path part = Files.createTempFile(base.resolve("tmp"), "count-", ".tmp");
      Files.writeString(part, count + "\n", StandardCharsets.UTF_8);
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

  private static Shards checked(Shards known, int count) {
    if (known.count != count) {
      throw new QueueException(
          "use "
              + count
              + " shards of "
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
