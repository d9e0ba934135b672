package gyre.queue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keys of which only one entry may wait or run. A key is a second name of the entry's file, made by
 * a link, which only one can make. It is stale when the file has no other name any more: then the
 * entry has ended.
 */
final class UniqueKeys {
  /** Held by whoever deletes a key: a lock on a file is one of the whole process. */
  private static final Object STALE_KEYS = new Object();

  private UniqueKeys() {}

  static Path path(Spool spool, String key) {
    return spool.unique.resolve(Queue.hash(key));
  }

  /**
   * Gives the key to the entry that is this file; nothing happens where it has it.
   *
   * @return whether it has it by this call
   * @throws DuplicateJobException if another one has it
   */
  static boolean claim(Spool spool, Path file, String key) throws IOException {
    Path held = path(spool, key);
    try {
      Files.createLink(held, file);
      return true;
    } catch (FileAlreadyExistsException e) {
      if (Spool.isSameFile(held, file)) {
        return false;
      }
      deleteStale(spool, held, key);
    }
    try {
      Files.createLink(held, file);
      return true;
    } catch (FileAlreadyExistsException e) {
      throw new DuplicateJobException(key); // somebody was quicker
    }
  }

  /**
   * Under a lock, of this process and of others: else one that has looked at a stale key would
   * delete that of another one, which has taken its place meanwhile. A key is made without the
   * lock, but not while there is one: so one that is gone already is left alone, for what would be
   * deleted is the next one's.
   */
  private static void deleteStale(Spool spool, Path held, String key) throws IOException {
    synchronized (STALE_KEYS) {
      try (FileChannel lock =
          FileChannel.open(
              spool.unique.resolve(".lock"), // of all shards, which share the directory
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE)) {
        lock.lock(); // given back with the channel
        int names = names(held);
        if (names > 1) {
          throw new DuplicateJobException(key);
        }
        if (names == 1) {
          Files.deleteIfExists(held);
        }
      }
    }
  }

  /**
   * Takes back what {@link #claim} gave to a file that stays where it is. Where somebody has moved
   * it meanwhile, the entry keeps its key.
   */
  static void giveBack(Spool spool, Path file, String key) throws IOException {
    Path held = path(spool, key);
    if (Files.exists(file) && Spool.isSameFile(held, file)) {
      Files.deleteIfExists(held);
      return;
    }
    try {
      deleteStale(spool, held, key);
    } catch (DuplicateJobException e) {
      // its entry is there, moved by somebody who was quicker
    }
  }

  /** Of its file, this one included; 0 if there is no such key. */
  private static int names(Path held) throws IOException {
    try {
      return ((Number) Files.getAttribute(held, "unix:nlink")).intValue();
    } catch (NoSuchFileException e) {
      return 0;
    }
  }
}
