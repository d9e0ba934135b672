package gyre.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

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
  private final EntryReader reader = new EntryReader(QueueConfig.DEFAULT.maxEntryBytes());

  ShardRouter(Shards shards, Spool spool, Inbox inbox, WorkerLog log) {
    this.shards = shards;
    this.spool = spool;
    this.inbox = inbox;
    this.log = log;
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

  /** False if something is there that could not be moved yet. */
  boolean route() {
    boolean[] isClear = {true};
    try {
      PendingScan.scan(spool, name -> isClear[0] &= route(name));
      routeDelayed();
    } catch (IOException e) {
      log.failure(QueueException.of("look into", spool.pending, e).getMessage() + "");
    }
    return isClear[0];
  }

  private boolean route(EntryName name) {
    try {
      return move(name.path(), "pending", EntryName.withPriority(name.text(), name.priority()));
    } catch (NoSuchFileException e) {
      return true; // somebody else was quicker
    } catch (IOException e) {
      log.failure(QueueException.of("move", name.path(), e).getMessage() + "");
      return false;
    }
  }

  private void routeDelayed() throws IOException {
    try (var files = Files.newDirectoryStream(spool.delayed)) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        if (!EntryName.isIgnored(name)) {
          move(file, "delayed", name);
        }
      }
    } catch (NoSuchFileException e) {
      // moved by another, or none was ever there
    }
  }

  private boolean move(Path file, String place, String name) throws IOException {
    int shard = 0;
    try {
      shard = shards.shardOf(reader.read(file));
    } catch (BadEntryException e) {
      long age = System.currentTimeMillis() - Files.getLastModifiedTime(file).toMillis();
      if (e.mayBeGrowing() && Math.abs(age) < GROW_MILLIS) {
        return false;
      }
    } catch (java.nio.file.AccessDeniedException e) {
      // the shard says so, too
    }
    Spool.moveBeside(file, shards.directory(shard).resolve(place), name);
    return true;
  }
}
