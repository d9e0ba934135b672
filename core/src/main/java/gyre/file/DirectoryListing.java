package gyre.file;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.DirectoryEntries;
import gyre.engine.Errno;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The names in a directory, in no order, as many at a time as fit into 16 KiB: so a directory may
 * be of any size. Asking for the next one may park the fiber.
 *
 * <pre>{@code
 * try (DirectoryListing names = Files.list(path)) {
 *   for (DirectoryEntry entry : names) { ... }
 * }
 * }</pre>
 *
 * <p>What is made or removed meanwhile may be told of or not. Can be gone through once.
 */
public final class DirectoryListing implements Iterable<DirectoryEntry>, AutoCloseable {
  private final Directory directory;
  private final ArrayDeque<DirectoryEntry> batch = new ArrayDeque<>();
  private boolean isAtEnd;

  /**
   * @param directory is its own, and closed with it
   */
  DirectoryListing(Directory directory) {
    this.directory = directory;
  }

  /** The next name, or null at the end. */
  public @Nullable DirectoryEntry next() {
    while (batch.isEmpty() && !isAtEnd) {
      isAtEnd = fill() == 0;
    }
    return batch.poll();
  }

  private int fill() {
    Block block = directory.pool().takeReserved(BlockPool.LARGE_BYTES);
    if (block == null) {
      throw FileException.of("list", directory.path(), Errno.ENOMEM.negated());
    }
    try {
      int descriptor = directory.descriptor();
      int bytes =
          directory.perform("list", calls -> calls.list(descriptor, block.address, block.capacity));
      DirectoryEntries.read(block.address, bytes, this::add);
      return bytes;
    } finally {
      block.release();
    }
  }

  private void add(DirectoryEntries.Entry entry) {
    byte[] name = entry.name();
    boolean isSelfOrParent =
        name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.'));
    if (!isSelfOrParent) {
      batch.add(new DirectoryEntry(name, FileType.of(entry.type()), entry.inode()));
    }
  }

  @Override
  public Iterator<DirectoryEntry> iterator() {
    return new Iterator<>() {
      private @Nullable DirectoryEntry next = DirectoryListing.this.next();

      @Override
      public boolean hasNext() {
        return next != null;
      }

      @Override
      public DirectoryEntry next() {
        DirectoryEntry entry = next;
        if (entry == null) {
          throw new NoSuchElementException("there are no more names");
        }
        next = DirectoryListing.this.next();
        return entry;
      }
    };
  }

  @Override
  public void close() {
    directory.close();
  }
}
