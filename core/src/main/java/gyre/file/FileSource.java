package gyre.file;

import gyre.WaitPoint;
import gyre.engine.Errno;
import gyre.engine.ReadFile;
import gyre.io.ByteQueue;
import gyre.io.ByteSource;
import gyre.io.LimitExceededException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file from an offset to its end, as one reads a stream: lines, delimiters, or all of it to
 * a sink ({@link #transferTo}), with blocks that are moved and not copied.
 *
 * <p>While its bytes are looked at, the next ones are being read: at most {@link #LIMIT_BYTES} are
 * here at a time, however large the file is and however slow the sink.
 *
 * <p>The end is where the file ends now. If it has grown since, the next read goes on.
 */
public final class FileSource implements ByteSource, AutoCloseable, File.Part {
  /** The most that is held, read ahead or not consumed. */
  public static final int LIMIT_BYTES = 64 * 1024;

  private final File file;
  private final ByteQueue input;

  /** Was read ahead; becomes input when somebody waits, so that lent views of that stay valid. */
  private final ByteQueue arrived;

  private final Ahead ahead = new Ahead();
  private final Arrival arrival = new Arrival();
  private @Nullable Blocks blocks;

  /** Where the next read begins. */
  private long position;

  private boolean isAtEnd;
  private boolean isClosed;

  /** Of the last read: a negative errno, or 0. */
  private int failure;

  FileSource(File file, long offset) {
    this.file = file;
    this.position = offset;
    this.input = new ByteQueue(file.pool());
    this.arrived = input.sibling();
  }

  /** The read that is under way, if one is. */
  private final class Ahead extends ReadFile {
    @Override
    public void ended(int result) {
      Blocks filled = blocks;
      blocks = null;
      if (filled != null) {
        if (result > 0 && !isClosed) {
          filled.moveTo(arrived, result);
          position += result;
        }
        filled.close();
      }
      isAtEnd = result == 0;
      failure = Math.min(0, result);
      file.end(this);
      arrival.wakeAll();
    }
  }

  private final class Arrival extends WaitPoint {
    @Override
    public boolean isReady() {
      return ahead.isIdle();
    }

    @Override
    public String doing() {
      return "reading from " + file.path();
    }
  }

  @Override
  public String name() {
    return file.name();
  }

  @Override
  public ByteQueue input() {
    return input;
  }

  @Override
  public int awaitLimitBytes() {
    return LIMIT_BYTES;
  }

  /** Where in the file the next byte of {@link #input} comes from. */
  public long offset() {
    return position - arrived.size() - input.size();
  }

  @Override
  public boolean await(int bytes) {
    if (bytes > LIMIT_BYTES) {
      throw new IllegalArgumentException(
          "can't wait for " + bytes + " bytes: " + name() + " holds at most " + LIMIT_BYTES);
    }
    isAtEnd = false;
    while (true) {
      checkOpen();
      if (ahead.isIdle() && failure < 0) {
        int result = failure;
        failure = 0;
        throw FileException.of("read from", file.path(), result);
      }
      input.append(arrived);
      boolean isEnough = input.size() >= bytes;
      if (ahead.isIdle() && !isAtEnd) {
        readAhead(isEnough);
      }
      if (isEnough) {
        return true;
      }
      if (ahead.isIdle() && isAtEnd) {
        return false;
      }
      file.awaitPart(arrival);
    }
  }

  private void checkOpen() {
    if (isClosed && file.isOpen()) {
      throw new IllegalStateException("the source of " + file.path() + " is closed");
    }
    file.checkPartOpen();
  }

  /**
   * @param isOptional whether there is something to go on with meanwhile
   */
  private void readAhead(boolean isOptional) {
    int room = (int) (LIMIT_BYTES - input.size());
    if (isOptional && room < LIMIT_BYTES / 2) {
      return; // a few large reads rather than many small ones
    }
    Blocks taken = Blocks.take(file.pool(), room);
    if (taken == null) {
      if (isOptional) {
        return;
      }
      throw FileException.of("read from", file.path(), Errno.ENOMEM.negated());
    }
    blocks = taken;
    taken.lendTo(ahead, file.descriptor(), position);
    file.begin(ahead);
  }

  @Override
  public int read(ByteBuffer target) {
    if (!target.hasRemaining()) {
      return 0;
    }
    return await(1) ? input.read(target) : -1;
  }

  // ---- all of it

  /**
   * Reads up to the end.
   *
   * @throws LimitExceededException if that is more than the limit; nothing is consumed then of what
   *     {@link #input} holds
   */
  public byte[] readAll(int limitBytes) {
    try (ByteQueue all = input.sibling()) {
      while (await(1)) {
        if (all.size() + input.size() > limitBytes) {
          throw new LimitExceededException(
              "read from", file.path(), "is longer than " + limitBytes + " bytes");
        }
        all.append(input);
      }
      return all.take((int) all.size());
    }
  }

  /** Gives back its memory; the file stays open. */
  @Override
  public void close() {
    if (!isClosed) {
      giveBack();
      file.partClosed(this);
      file.cancelPart(ahead);
    }
  }

  @Override
  public long fileCloses() {
    giveBack();
    return 0;
  }

  private void giveBack() {
    isClosed = true;
    input.clear();
    arrived.clear();
  }
}
