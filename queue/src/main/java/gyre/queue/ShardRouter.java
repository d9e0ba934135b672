package gyre.queue;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.IntSupplier;

/**
 * Moves files that others have put into {@code pending/} of the whole queue to {@code pending/} of
 * their shard. One process does so at a time; what it would refuse goes to the first shard, which
 * says why.
 */
final class ShardRouter implements Runnable {
  private static final long GROW_MILLIS = 2000;
  private static final long LOOK_AGAIN_MILLIS = 100;
  private static final long TICK_MILLIS = 5000;

  private final Shards shards;
  private final Spool spool;
  private final Inbox inbox;
  private final WorkerLog log;
  private final IntSupplier maxEntryBytes;

  /**
   * @param maxEntryBytes as the workers of the shards have it: what is too large for one of both
   *     would get to another shard than where {@code enqueue} puts it
   */
  ShardRouter(Shards shards, Spool spool, Inbox inbox, WorkerLog log, IntSupplier maxEntryBytes) {
    this.shards = shards;
    this.spool = spool;
    this.inbox = inbox;
    this.log = log;
    this.maxEntryBytes = maxEntryBytes;
  }

  /** Until the inbox is asked to stop. */
  @Override
  public void run() {
    try {
      while (inbox.wish() == Inbox.Wish.WORK) {
        inbox.take();
        inbox.await(route() ? TICK_MILLIS : LOOK_AGAIN_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** False if something is there that could not be moved yet. Never throws, whatever is there. */
  boolean route() {
    boolean[] isClear = {true};
    try {
      EntryReader reader = new EntryReader(maxEntryBytes.getAsInt());
      PendingScan.scan(
          spool,
          name ->
              isClear[0] &=
                  route(
                      reader,
                      name.path(),
                      "pending",
                      EntryName.withPriority(name.text(), name.priority())));
      isClear[0] &= routeDelayed(reader);
    } catch (NoSuchFileException e) {
      // none was ever there
    } catch (IOException | RuntimeException e) {
      log.failure(QueueException.of("look into", spool.pending, e).getMessage() + "");
    }
    return isClear[0];
  }

  private boolean routeDelayed(EntryReader reader) throws IOException {
    boolean isClear = true;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(spool.delayed)) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        isClear &= EntryName.isIgnored(name) || route(reader, file, "delayed", name);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return isClear;
  }

  /** What is wrong with one file is logged, and holds up no other. */
  private boolean route(EntryReader reader, Path file, String place, String name) {
    try {
      return move(reader, file, place, name);
    } catch (NoSuchFileException e) {
      return true; // somebody else was quicker
    } catch (IOException | RuntimeException e) {
      log.failure(QueueException.of("move", file, e).getMessage() + "");
      return false;
    }
  }

  private boolean move(EntryReader reader, Path file, String place, String name)
      throws IOException {
    int shard = 0;
    try {
      shard = shards.shardOf(reader.read(file));
    } catch (BadEntryException e) {
      if (e.mayBeGrowing() && isYoung(file)) {
        return false;
      }
    } catch (java.nio.file.AccessDeniedException e) {
      // the shard says so, too
    }
    Spool.moveBeside(file, shards.directory(shard).resolve(place), name);
    return true;
  }

  private static boolean isYoung(Path file) throws IOException {
    long written = Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toMillis();
    return Math.abs(System.currentTimeMillis() - written) < GROW_MILLIS;
  }
}
