package gyre.file;

import gyre.WaitPoint;
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
 * at the same place. Any number of fibers of the loop may use it: what one call writes stays
 * together.
 *
 * <p>Close it before its file, as nested {@code try} does by itself. Where the file is closed
 * first, by a scope for example, what was gathered is lost, and that is told: the close of the file
 * throws or reports it, and so does the close of this.
 */
public final class FileSink implements ByteSink, AutoCloseable, File.Part {
  /** How much is gathered before it is written. */
  public static final int LIMIT_BYTES = 64 * 1024;

  private final File file;
  private final ByteQueue gathered;
  private final boolean isAppending;
  private final Free free = new Free();

  /** Of the first byte that is not with the kernel. */
  private long offset;

  /** Taken out of what is gathered by the write that is under way. */
  private long inFlightBytes;

  /** A fiber is in the middle of a call: others wait until it has returned. */
  private boolean isBusy;

  /** Gathered when the file was closed, and not told to whoever closes this. */
  private long lostBytes;

  private boolean isClosed;

  FileSink(File file, long offset) {
    this.file = file;
    this.offset = offset;
    this.gathered = new ByteQueue(file.pool());
    this.isAppending = file.options().isAppending();
  }

  private final class Free extends WaitPoint {
    @Override
    public boolean isReady() {
      return !isBusy;
    }

    @Override
    public String doing() {
      return "waiting for others who write to " + file.path();
    }
  }

  /** Where in the file the next byte goes, unless that was opened to append. */
  public long offset() {
    return offset + inFlightBytes + gathered.size();
  }

  @Override
  public void write(ByteBuffer source) {
    begin();
    try {
      while (source.hasRemaining()) {
        checkOpen(); // it may have been closed while this was parked
        int part = (int) Math.min(source.remaining(), LIMIT_BYTES - gathered.size());
        if (part > 0) {
          gathered.append(source.slice(source.position(), part));
          source.position(source.position() + part);
        }
        writeIfFull();
      }
    } finally {
      end();
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
    begin();
    ByteQueue taken = gathered.sibling();
    try {
      taken.append(source);
      while (!taken.isEmpty()) {
        checkOpen();
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
      end();
    }
  }

  private void writeIfFull() {
    if (gathered.size() >= LIMIT_BYTES) {
      writeGathered();
    }
  }

  /** Parks until everything written is with the kernel, which is not yet on the device. */
  @Override
  public void flush() {
    begin();
    try {
      writeGathered();
    } finally {
      end();
    }
  }

  private void writeGathered() {
    inFlightBytes = gathered.size();
    try {
      if (inFlightBytes == 0) {
        return;
      }
      if (isAppending) {
        file.append(gathered);
      } else {
        file.write(gathered, offset);
      }
    } finally {
      offset += inFlightBytes - gathered.size();
      inFlightBytes = 0;
      if (isClosed) {
        gathered.clear(); // closed meanwhile: whoever is here is told by what the write throws
      }
    }
  }

  private void begin() {
    checkOpen();
    while (isBusy) {
      file.awaitPart(free);
      checkOpen();
    }
    isBusy = true;
  }

  private void end() {
    isBusy = false;
    free.wakeAll();
  }

  private void checkOpen() {
    if (isClosed && file.isOpen()) {
      throw new IllegalStateException("the sink of " + file.path() + " is closed");
    }
    file.checkPartOpen();
  }

  /**
   * Flushes; the file stays open. After a failure what was not written is dropped.
   *
   * @throws FileException if the file was closed before this, with bytes that were gathered only
   */
  @Override
  public void close() {
    if (!isClosed) {
      try {
        if (file.isOpen()) {
          flush();
        }
      } finally {
        isClosed = true;
        gathered.clear();
        file.partClosed(this);
      }
    }
    long lost = lostBytes;
    lostBytes = 0;
    if (lost > 0) {
      throw lost(file.path(), lost);
    }
  }

  static FileException lost(String path, long bytes) {
    return FileException.of(
        "write to",
        path,
        bytes
            + " bytes that a sink had gathered are lost, because the file was closed first: close or"
            + " flush the sink before");
  }

  @Override
  public long fileCloses() {
    isClosed = true;
    lostBytes = gathered.size();
    gathered.clear();
    return lostBytes;
  }
}
