package gyre.file;

import gyre.Fiber;
import gyre.Source;
import gyre.engine.AllocateFile;
import gyre.engine.FileCalls;
import gyre.engine.FileOperation;
import gyre.engine.StatFile;
import gyre.engine.SyncFile;
import gyre.engine.TruncateFile;
import gyre.io.ByteQueue;
import gyre.io.ByteSink;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An open file. Every call that has to wait for the device parks the fiber and not the loop.
 *
 * <pre>{@code
 * try (File file = File.open(Path.of("data"), OpenOptions.readingAndWriting().create(true))) {
 *   file.write(ByteBuffer.wrap(bytes), 0);
 *   file.sync();
 * }
 * }</pre>
 *
 * <p>Reads and writes name their offset, so that any number of fibers of the loop may use one file
 * at a time. Those that go through it from front to end take a {@link #source} or a {@link #sink}.
 *
 * <p>On io_uring the kernel does by itself what {@code docs/guide/files.md} says; all else, and all
 * of it on the other engines, is done by a few helper threads of the loop.
 *
 * <p><b>Cancellation.</b> A call that is cancelled returns or throws when the kernel has let go of
 * the buffer. If the kernel was quicker it returns as if nothing had been, and the next call that
 * parks throws.
 *
 * <p>A file belongs to the scope that it was opened in, and is closed with it at the latest. What
 * fibers are doing with it then ends with {@link gyre.ClosedException}. An open file is in the
 * {@link gyre.Handle#background background}: a loop that has nothing else to do ends.
 *
 * <p>Some file systems (NFS, FUSE, quotas) tell only at the close that something written is lost.
 * {@link #close} throws a {@link FileException} then, and the file is closed all the same. So it
 * does where a {@link FileSink} has gathered bytes that were never flushed. Where a scope or a
 * callback closes it, the failure is reported to the loop's failure listener.
 */
public final class File extends FileHandle {
  /** What offsets, lengths and memory are multiples of where a file is opened as direct. */
  public static final int DIRECT_ALIGNMENT_BYTES = 4096;

  /** In place of a path. */
  private static final byte[] ITSELF = {};

  private final OpenOptions options;
  private final List<Part> parts = new ArrayList<>(1);
  private final FileTransfers transfers = new FileTransfers(this);
  private final FileLocks locks = new FileLocks(this);

  File(int descriptor, String path, OpenOptions options) {
    super(ownerOf(descriptor), descriptor, path);
    this.options = options;
  }

  /** Opens a file to be read. */
  public static File open(Path path) {
    return open(path, OpenOptions.reading());
  }

  /**
   * Opens a file in the current scope.
   *
   * @throws FileException if that is not possible; the message says why
   */
  public static File open(Path path, OpenOptions options) {
    return open(Names.Place.of(path), false, options);
  }

  /**
   * If there can be no handle, because the scope has ended meanwhile, a file that was made for it
   * is deleted again.
   */
  static File open(Names.Place place, boolean isBelow, OpenOptions options) {
    int descriptor = openDescriptor(place, isBelow, options);
    try {
      return new File(descriptor, place.subject(), options);
    } catch (RuntimeException e) {
      if (options.isCreatingNew() && !isBelow) {
        Names.unlinkUncancelled(place, e);
      }
      throw e;
    }
  }

  /**
   * A file without a name, to read and write, on the file system of a directory. It is gone when it
   * is closed, unless {@link #linkAs} has given it a name by then. Not on NIO.
   */
  public static File temporary(Path directory) {
    OpenOptions options = OpenOptions.readingAndWriting().temporary().permissions(0600);
    String subject = "a temporary file in " + directory;
    Names.Place place = new Names.Place(null, Paths.bytes(directory), subject);
    int descriptor = openDescriptor(place, false, options);
    return new File(descriptor, subject, options);
  }

  /**
   * Memory as a file wants it that is opened as {@link OpenOptions#direct direct}; it lives as long
   * as somebody refers to it.
   */
  public static ByteBuffer alignedBuffer(int bytes) {
    return Arena.ofAuto().allocate(bytes, DIRECT_ALIGNMENT_BYTES).asByteBuffer();
  }

  @Override
  public String kind() {
    return "file";
  }

  OpenOptions options() {
    return options;
  }

  // ---- read

  /**
   * Reads what is at an offset, as much as fits, at least a byte. The kernel reads straight into a
   * direct buffer; one on the heap gets a copy, of at most 16 KiB a call.
   *
   * @return the number of bytes, or -1 at or beyond the end
   */
  public int read(ByteBuffer target, long offset) {
    checkOffset(offset);
    return transfers.read(target, offset);
  }

  /**
   * Fills the buffer from an offset on.
   *
   * @throws gyre.io.EndOfStreamException if the file ends before; the buffer has what there was
   */
  public void readFully(ByteBuffer target, long offset) {
    checkOffset(offset);
    transfers.readFully(target, offset);
  }

  /**
   * Reads into several buffers, one after the other, by one call of the system where all of them
   * are direct.
   *
   * @return the number of bytes, or -1 at or beyond the end
   */
  public long read(ByteBuffer[] targets, long offset) {
    checkOffset(offset);
    return transfers.read(targets, offset);
  }

  /**
   * Appends to a queue what is at an offset, without copying it if that is a queue of this loop.
   *
   * @param most how many bytes at most; a call reads no more than 64 KiB
   * @return the number of bytes, or -1 at or beyond the end
   */
  public int read(ByteQueue target, long offset, int most) {
    checkOffset(offset);
    return transfers.read(target, offset, most);
  }

  // ---- write

  /**
   * Writes all of the buffer. If it throws, the buffer's position tells how much was written.
   *
   * @throws IllegalStateException if the file was opened to append: use {@link #append(ByteBuffer)}
   */
  public void write(ByteBuffer source, long offset) {
    checkOffset(offset);
    checkAppends(false);
    transfers.write(source, offset);
  }

  /** Writes all of several buffers, by one call of the system where all are direct and it can. */
  public void write(ByteBuffer[] sources, long offset) {
    checkOffset(offset);
    checkAppends(false);
    transfers.write(sources, offset);
  }

  /** Writes all of the queue, which is empty afterwards. If it throws, it has what is left. */
  public void write(ByteQueue source, long offset) {
    checkOffset(offset);
    checkAppends(false);
    transfers.write(source, offset);
  }

  /** Writes all of the buffer at the end of a file that was opened to append. */
  public void append(ByteBuffer source) {
    checkAppends(true);
    transfers.write(source, 0);
  }

  /** Writes all of the queue at the end of a file that was opened to append. */
  public void append(ByteQueue source) {
    checkAppends(true);
    transfers.write(source, 0);
  }

  private static void checkOffset(long offset) {
    if (offset < 0) {
      throw new IllegalArgumentException("offset " + offset + ": valid is 0 and more");
    }
  }

  private void checkAppends(boolean wanted) {
    if (options.isAppending() != wanted) {
      throw new IllegalStateException(
          wanted
              ? path() + " was not opened by OpenOptions.appending: write at an offset"
              : path() + " was opened to append: offsets have no meaning, use append");
    }
  }

  // ---- front to end

  /** Reads from the beginning; reads ahead a little. One at a time, and only one fiber uses it. */
  public FileSource source() {
    return source(0);
  }

  public FileSource source(long offset) {
    checkOffset(offset);
    checkOnLoop();
    checkOpen();
    return opened(new FileSource(this, offset));
  }

  /** Writes from an offset on, or at the end if the file was opened to append. */
  public FileSink sink(long offset) {
    checkOffset(offset);
    checkOnLoop();
    checkOpen();
    return opened(new FileSink(this, offset));
  }

  /**
   * Sends all of the file to a sink, a socket say, and parks while that is slow: at most {@link
   * FileSource#LIMIT_BYTES} of it are here at a time.
   *
   * <p>Where it throws or is cancelled, a part was sent that nobody can tell here. Who has to go on
   * from there takes a {@link #source} and its {@link FileSource#transferTo transferTo}: its {@link
   * FileSource#offset} is that of the first byte that the sink has not got.
   *
   * @return how many bytes
   */
  public long transferTo(ByteSink sink) {
    try (FileSource source = source()) {
      return source.transferTo(sink);
    }
  }

  /**
   * As {@link #transferTo(ByteSink)}, a part of the file.
   *
   * @throws gyre.io.EndOfStreamException if the file ends before; what there was has been sent
   */
  public void transferTo(ByteSink sink, long offset, long bytes) {
    try (FileSource source = source(offset)) {
      source.transferTo(sink, bytes);
    }
  }

  private <P extends Part> P opened(P part) {
    parts.add(part);
    return part;
  }

  /** Sources and sinks of this file: they end with it. */
  sealed interface Part permits FileSource, FileSink {
    /** How many bytes are lost by that. */
    long fileCloses();
  }

  void checkPartOpen() {
    checkOnLoop();
    checkOpen();
  }

  /** Parks the calling fiber until something of a part has ended. */
  void awaitPart(Source source) {
    Fiber<?> caller = caller();
    await(caller, source);
    checkStillOpen(caller, "busy with");
  }

  void cancelPart(FileOperation operation) {
    engine().cancel(operation);
  }

  void partClosed(Part part) {
    parts.remove(part);
  }

  @Override
  long closeParts() {
    long lostBytes = 0;
    for (Part each : parts) {
      lostBytes += each.fileCloses();
    }
    parts.clear();
    return lostBytes;
  }

  // ---- the file as a whole

  /** Parks until all that was written is on the device, and what is known about the file too. */
  public void sync() {
    sync(false);
  }

  /** As {@link #sync}, without what is not needed to read it, such as when it was changed. */
  public void syncData() {
    sync(true);
  }

  private void sync(boolean dataOnly) {
    Pending pending = new Pending();
    SyncFile operation = Requests.sync(pending);
    operation.descriptor = descriptor();
    operation.dataOnly = dataOnly;
    int ignored = perform(operation, pending, "sync");
  }

  public FileInfo info() {
    Pending pending = new Pending();
    StatFile operation = Requests.stat(pending);
    operation.directory = descriptor();
    int ignored = perform(operation, pending, "ask about");
    return FileInfo.of(operation.status);
  }

  public long sizeBytes() {
    return info().sizeBytes();
  }

  /** Makes the file shorter, or longer by zeros. */
  public void truncate(long sizeBytes) {
    if (sizeBytes < 0) {
      throw new IllegalArgumentException("a size of " + sizeBytes + ": valid is 0 and more");
    }
    Pending pending = new Pending();
    TruncateFile operation = Requests.truncate(pending);
    operation.descriptor = descriptor();
    operation.sizeBytes = sizeBytes;
    int ignored = perform(operation, pending, "truncate");
  }

  /**
   * Has the device keep room for a part of the file, which gets so long at least: so no write there
   * fails for want of it. Not on NIO.
   */
  public void preallocate(long offset, long bytes) {
    checkOffset(offset);
    Pending pending = new Pending();
    AllocateFile operation = Requests.allocate(pending);
    operation.descriptor = descriptor();
    operation.offset = offset;
    operation.bytes = bytes;
    int ignored = perform(operation, pending, "preallocate");
  }

  /** Changes the permissions, as in {@code 0640}. */
  public void permissions(int permissions) {
    int own = descriptor();
    int ignored = perform(Names.PERMISSIONS, calls -> calls.changeMode(own, ITSELF, permissions));
  }

  /** Changes user and group by their numbers; -1 leaves one as it is. */
  public void owner(int user, int group) {
    int own = descriptor();
    int ignored = perform(Names.OWNER, calls -> calls.changeOwner(own, ITSELF, user, group));
  }

  /** Sets when its content was changed last, as far as the file system can keep that. */
  public void modified(Instant time) {
    times(FileCalls.KEEP_TIME, FileInfo.nanos(time));
  }

  /** Sets when it was read last. */
  public void accessed(Instant time) {
    times(FileInfo.nanos(time), FileCalls.KEEP_TIME);
  }

  private void times(long accessedNanos, long modifiedNanos) {
    int own = descriptor();
    int ignored =
        perform(Names.TIMES, calls -> calls.changeTimes(own, ITSELF, accessedNanos, modifiedNanos));
  }

  /** Gives a further name to it, or a first one to a {@link #temporary} file. */
  public void linkAs(Path name) {
    int own = descriptor();
    byte[] to = Paths.bytes(name);
    int result =
        attempt(
            "link " + name + " to",
            calls -> calls.link(own, ITSELF, FileCalls.WORKING_DIRECTORY, to));
    if (result < 0) {
      throw FileException.of("link " + name + " to", path(), result);
    }
  }

  // ---- locks

  /**
   * Locks the whole file against others who lock it: other open files, of this process too. Parks
   * while somebody has a lock in the way, and tries again from time to time, at least each 100 ms.
   * The lock goes with its close, or that of the file.
   *
   * @throws IllegalStateException if this file has a lock there already: locks keep out other open
   *     files, and not other fibers
   */
  public FileLock lock() {
    return locks.await(LockRange.ALL, true);
  }

  /** As {@link #lock}, but others may have a shared lock too. */
  public FileLock lockShared() {
    return locks.await(LockRange.ALL, false);
  }

  /** A lock if it is to be had at once, or null. */
  public @Nullable FileLock tryLock() {
    return locks.attempt(LockRange.ALL, true);
  }

  /** A shared lock if it is to be had at once, or null. */
  public @Nullable FileLock tryLockShared() {
    return locks.attempt(LockRange.ALL, false);
  }

  /**
   * As {@link #lock}, of a range, which may be beyond the end. Ranges of one file that don't
   * overlap are locked and unlocked each by itself.
   *
   * @param bytes 0 for up to the end, wherever that will be
   */
  public FileLock lock(long offset, long bytes) {
    return locks.await(LockRange.of(offset, bytes), true);
  }

  /** As {@link #lock(long, long)}, but others may have a shared lock too. */
  public FileLock lockShared(long offset, long bytes) {
    return locks.await(LockRange.of(offset, bytes), false);
  }

  /** As {@link #lock(long, long)} if it is to be had at once, or null. */
  public @Nullable FileLock tryLock(long offset, long bytes) {
    return locks.attempt(LockRange.of(offset, bytes), true);
  }

  /** As {@link #lockShared(long, long)} if it is to be had at once, or null. */
  public @Nullable FileLock tryLockShared(long offset, long bytes) {
    return locks.attempt(LockRange.of(offset, bytes), false);
  }
}
