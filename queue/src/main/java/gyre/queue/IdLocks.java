package gyre.queue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.Map;

/**
 * Which ids are with a handler now, among all workers of a queue: so two entries of one id are
 * never executed at the same time. Each is a lock on one byte of a file that stays empty, at a
 * place that follows from the id. The kernel gives back those of a process that ends.
 *
 * <p>Two ids may have the same place, once in 2^62: then one waits for the other. Used by one
 * thread.
 */
final class IdLocks implements AutoCloseable {
  static final String FILE = ".handler-ids";
  private static final long PLACES = Long.MAX_VALUE >>> 1;

  /**
   * One channel for each file, for all workers of this process: the kernel gives back all locks
   * that a process has on a file as soon as one channel of it is closed. Also the monitor for it.
   */
  private static final Map<Path, Shared> OPEN = new HashMap<>();

  private static final class Shared {
    final FileChannel channel;
    int users;

    Shared(FileChannel channel) {
      this.channel = channel;
    }
  }

  private final Path file;
  private final Shared shared;
  private final Map<String, FileLock> held = new HashMap<>();
  private boolean isClosed;

  private IdLocks(Path file, Shared shared) {
    this.file = file;
    this.shared = shared;
  }

  static IdLocks open(Spool spool) throws IOException {
    Path file = spool.base.toRealPath().resolve(FILE);
    synchronized (OPEN) {
      Shared shared = OPEN.get(file);
      if (shared == null) {
        shared =
            new Shared(FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
        OPEN.put(file, shared);
      }
      shared.users++;
      return new IdLocks(file, shared);
    }
  }

  /** False if one of that id is with a handler, of this worker or another one. */
  boolean tryTake(String id) throws IOException {
    if (held.containsKey(id)) {
      return false;
    }
    try {
      FileLock lock = shared.channel.tryLock(place(id), 1, false);
      if (lock == null) {
        return false;
      }
      held.put(id, lock);
      return true;
    } catch (OverlappingFileLockException e) {
      return false; // another worker of this process has it
    }
  }

  void free(String id) {
    FileLock lock = held.remove(id);
    if (lock == null) {
      return;
    }
    try {
      lock.release();
    } catch (IOException e) {
      // the channel was closed, which gives it back too
    }
  }

  private static long place(String id) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
      return ByteBuffer.wrap(digest).getLong() & PLACES;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    for (String each : java.util.List.copyOf(held.keySet())) {
      free(each);
    }
    synchronized (OPEN) {
      shared.users--;
      if (shared.users == 0) {
        OPEN.remove(file);
        try {
          shared.channel.close();
        } catch (IOException e) {
          // its locks are given back
        }
      }
    }
  }
}
