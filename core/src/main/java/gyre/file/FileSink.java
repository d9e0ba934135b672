package gyre.file;

import gyre.io.ByteQueue;
import gyre.io.ByteSink;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Writes to a file one thing after the other. Small writes are gathered, up to {@link
 * #LIMIT_BYTES}; {@link #flush} hands them to the kernel, and {@link File#sync} gets them to the
 * device.
 *
 * <p>If a write fails, what could not be written is kept, and the next write or flush tries again
 * at the same place.
 */
public final class FileSink implements ByteSink, AutoCloseable, File.Part {
  /** How much is gathered before it is written. */
  public static final int LIMIT_BYTES = 64 * 1024;

  private final File file;
  private final ByteQueue gathered;
  private final boolean isAppending;
  private long offset;
  private boolean isClosed;

  FileSink(File file, long offset) {
    this.file = file;
    this.offset = offset;
    this.gathered = new ByteQueue(file.pool());
    this.isAppending = file.options().isAppending();
  }

  /** Where in the file the next byte goes, unless that was opened to append. */
  public long offset() {
    return offset + gathered.size();
  }

  @Override
  public void write(ByteBuffer source) {
    checkOpen();
    while (source.hasRemaining()) {
      int part = (int) Math.min(source.remaining(), LIMIT_BYTES - gathered.size());
      if (part > 0) {
        gathered.append(source.slice(source.position(), part));
        source.position(source.position() + part);
      }
      writeIfFull();
    }
  }

  @Override
  public void write(byte[] source, int from, int length) {
    Objects.checkFromIndexSize(from, length, source.length);
    write(ByteBuffer.wrap(source, from, length));
  }

  /** Takes what is there at once: more may arrive in the queue of a stream while this is parked. */
  @Override
  public void write(ByteQueue source) {
    checkOpen();
    ByteQueue taken = gathered.sibling();
    taken.append(source);
    try {
      while (!taken.isEmpty()) {
        long part = Math.min(taken.size(), LIMIT_BYTES - gathered.size());
        if (part > 0) {
          gathered.append(taken, part);
        }
        writeIfFull();
      }
    } finally {
      if (!taken.isEmpty()) {
        source.prepend(taken);
      }
    }
  }

  private void writeIfFull() {
    if (gathered.size() >= LIMIT_BYTES) {
      flush();
    }
  }

  /** Parks until everything written is with the kernel, which is not yet on the device. */
  @Override
  public void flush() {
    checkOpen();
    long before = gathered.size();
    try {
      if (before == 0) {
        return;
      }
      if (isAppending) {
        file.append(gathered);
      } else {
        file.write(gathered, offset);
      }
    } finally {
      offset += before - gathered.size();
    }
  }

  private void checkOpen() {
    if (isClosed && file.isOpen()) {
      throw new IllegalStateException("the sink of " + file.path() + " is closed");
    }
    file.checkPartOpen();
  }

  /** Flushes; the file stays open. After a failure what was not written is dropped. */
  @Override
  public void close() {
    if (!isClosed) {
      try {
        if (file.isOpen()) {
          flush();
        }
      } finally {
        fileCloses();
        file.partClosed(this);
      }
    }
  }

  @Override
  public void fileCloses() {
    isClosed = true;
    gathered.clear();
  }
}
