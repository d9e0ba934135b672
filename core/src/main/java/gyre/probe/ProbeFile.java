package gyre.probe;

import gyre.sys.Memory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The file in which the loops of this process tell of themselves: {@code /tmp/gyre-USER/PID}, for
 * the same user only, made when the first loop opens and deleted when the process ends.
 *
 * <p>The process holds a lock on it as long as it lives. That is how a reader knows that it is not
 * the rest of one that was killed, and how such rests are found and deleted.
 *
 * <p>Room in the file is allocated before it is mapped: on a full disk a store into a hole of a
 * file would end the process. So the file is only made where such room stays; see {@link
 * ProbeDirectory}. Where there is no file to be had, loops write into memory that only this process
 * sees.
 */
public final class ProbeFile {
  private static final System.Logger LOGGER = System.getLogger("gyre.insight");

  /** Loops of one process that can be told apart; further ones have no probe. */
  public static final int SLOTS_MAX = 256;

  private static final FileAttribute<Set<PosixFilePermission>> OURS_ALONE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final long STALL_LIMIT_MILLIS_DEFAULT = 25;

  /** Of the JVM, so that copies of Gyre in other class loaders know whose the file is. */
  private static final String HELD = "gyre.insight.held";

  private static @Nullable ProbeFile ofProcess;

  private final @Nullable Path path;
  private final @Nullable FileChannel channel;

  /** Kept, because the lock lives as long as somebody refers to it. */
  @SuppressWarnings("unused")
  private final @Nullable FileLock lock;

  private final @Nullable MemorySegment header;
  private final ArrayDeque<MemorySegment> free = new ArrayDeque<>();
  private final long stallLimitNanos;
  private int slots;
  private long loops;
  private long nowhere;

  private ProbeFile(
      @Nullable Path path,
      @Nullable FileChannel channel,
      @Nullable FileLock lock,
      @Nullable MemorySegment header,
      long stallLimitNanos) {
    this.path = path;
    this.channel = channel;
    this.lock = lock;
    this.header = header;
    this.stallLimitNanos = stallLimitNanos;
  }

  // ---- where

  /** Of a process, whether there is one or not. */
  public static Path of(long pid) {
    return ProbeDirectory.path().resolve(Long.toString(pid));
  }

  /** Where a process answers questions. */
  public static Path socketOf(long pid) {
    return ProbeDirectory.path().resolve(pid + ".sock");
  }

  /** The file of this process; null before its first loop, and where there is none to be had. */
  public static synchronized @Nullable Path ofThisProcess() {
    return ofProcess == null ? null : ofProcess.path;
  }

  /**
   * Maps the file of this process for a reader of its own. By no other channel: closing that would
   * take away the lock, as locks of files belong to processes.
   *
   * @return null where {@code file} is another one
   */
  public static synchronized @Nullable MemorySegment mapOfThisProcess(Path file, Arena arena)
      throws IOException {
    ProbeFile own = ofProcess;
    FileChannel open = own == null ? null : own.channel;
    return open == null || own == null || !file.equals(own.path)
        ? null
        : open.map(FileChannel.MapMode.READ_ONLY, 0, open.size(), arena);
  }

  /**
   * Has it look used: what is written through a mapping changes no time, and directories for what
   * is temporary are cleaned of old files.
   */
  public static void touch() {
    Path path = ofThisProcess();
    if (path == null) {
      return;
    }
    try {
      Path ignored = Files.setLastModifiedTime(path, FileTime.from(Instant.now()));
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "cannot touch " + path, e);
    }
  }

  // ---- slots

  /** The memory of a loop, until it is given back. */
  public static final class Slot {
    private final MemorySegment memory;
    private final long base;
    private final Probe probe;

    private Slot(MemorySegment memory, long base, Probe probe) {
      this.memory = memory;
      this.base = base;
      this.probe = probe;
    }

    public Probe probe() {
      return probe;
    }
  }

  /** A slot for a loop of the calling thread; null if there are too many loops. */
  public static synchronized @Nullable Slot take(
      String loop, String engine, String fibers, String explanation, long nowNanos) {
    ProbeFile file = ofProcess;
    if (file == null) {
      file = create();
      ofProcess = file;
    }
    MemorySegment memory = file.memory();
    if (memory == null) {
      return null;
    }
    clear(memory);
    long base = Memory.attach(memory);
    Probe probe = new Probe(base, file.stallLimitNanos);
    probe.putText(SlotLayout.NAME, SlotLayout.NAME_BYTES, loop);
    probe.putText(SlotLayout.ENGINE, SlotLayout.ENGINE_BYTES, engine);
    probe.putText(SlotLayout.FIBERS, SlotLayout.FIBERS_BYTES, fibers);
    probe.putText(SlotLayout.EXPLANATION, SlotLayout.EXPLANATION_BYTES, explanation);
    probe.put(SlotLayout.THREAD, kernelThread());
    probe.put(SlotLayout.OPENED_NANOS, nowNanos);
    file.loops++;
    VarHandle.storeStoreFence(); // who sees the number sees the texts too
    Memory.putLong(base + SlotLayout.LOOP, file.loops);
    VarHandle.storeStoreFence();
    Memory.putLong(base + SlotLayout.SEQUENCE, SlotLayout.SEQUENCE_FIRST);
    return new Slot(memory, base, probe);
  }

  /** The loop has ended: nobody writes into the slot any more. */
  public static synchronized void giveBack(Slot slot) {
    ProbeFile file = ofProcess;
    assert file != null : "it was taken from there";
    slot.probe.end(file.nowhere());
    clear(slot.memory);
    Memory.detach(slot.base);
    file.free.add(slot.memory);
  }

  /** Whoever reads it meanwhile sees an odd number, or that there is no loop. */
  private static void clear(MemorySegment memory) {
    var number = java.lang.foreign.ValueLayout.JAVA_LONG;
    memory.set(number, SlotLayout.SEQUENCE, 1);
    VarHandle.storeStoreFence();
    memory.set(number, SlotLayout.LOOP, 0);
    VarHandle.storeStoreFence();
    memory.asSlice(SlotLayout.THREAD).fill((byte) 0);
  }

  /** For those that tell something after their end; made for the first, and kept. */
  private long nowhere() {
    if (nowhere == 0) {
      nowhere = Memory.attach(Arena.global().allocate(SlotLayout.BYTES, Long.BYTES));
    }
    return nowhere;
  }

  private @Nullable MemorySegment memory() {
    MemorySegment known = free.poll();
    if (known != null) {
      return known;
    }
    if (slots == SLOTS_MAX) {
      return null;
    }
    MemorySegment made = map();
    slots++;
    if (header != null) {
      header.set(java.lang.foreign.ValueLayout.JAVA_LONG, SlotLayout.FILE_SLOTS, slots);
    }
    return made;
  }

  private MemorySegment map() {
    FileChannel open = channel;
    if (open != null) {
      try {
        long offset = SlotLayout.slotOffset(slots);
        allocate(open, offset, SlotLayout.BYTES);
        return open.map(FileChannel.MapMode.READ_WRITE, offset, SlotLayout.BYTES, Arena.global());
      } catch (IOException e) {
        LOGGER.log(
            System.Logger.Level.WARNING,
            "no room in {0} for one more loop, which no other process will see: {1}",
            path,
            e.toString());
      }
    }
    return Arena.global().allocate(SlotLayout.BYTES, Long.BYTES);
  }

  private static void allocate(FileChannel channel, long offset, int bytes) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocate(bytes);
    while (zeros.hasRemaining()) {
      int ignored = channel.write(zeros, offset + zeros.position());
    }
  }

  // ---- the file

  private static ProbeFile create() {
    long stallLimitNanos =
        Math.max(1, Long.getLong("gyre.insight.stall.millis", STALL_LIMIT_MILLIS_DEFAULT))
            * 1_000_000;
    Path path = of(ProcessHandle.current().pid());
    try {
      if (path.toString().equals(System.getProperty(HELD))) {
        // To look at its lock would be to lose it: locks are the process's, and go with any close.
        throw new IOException("another copy of Gyre in this process has it");
      }
      ProbeDirectory.prepare(path.getParent());
      deleteStale(path.getParent());
      deleteRest(path);
      FileChannel channel =
          FileChannel.open(
              path,
              EnumSet.of(
                  StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
              OURS_ALONE);
      FileLock lock = channel.tryLock();
      if (lock == null) {
        throw new IOException("another process has locked it");
      }
      Object key = key(path);
      allocate(channel, 0, SlotLayout.FILE_HEADER_BYTES);
      MemorySegment header =
          channel.map(
              FileChannel.MapMode.READ_WRITE, 0, SlotLayout.FILE_HEADER_BYTES, Arena.global());
      fillHeader(header, stallLimitNanos);
      deleteAtTheEnd(path, key);
      System.setProperty(HELD, path.toString());
      return new ProbeFile(path, channel, lock, header, stallLimitNanos);
    } catch (IOException
        | UnsupportedOperationException
        | SecurityException
        | OverlappingFileLockException e) {
      LOGGER.log(
          System.Logger.Level.WARNING,
          "no counters for other processes: cannot make {0}: {1}; say another directory by"
              + " -Dgyre.insight.directory=, or -Dgyre.insight=false to do without",
          path,
          e.toString());
      return new ProbeFile(null, null, null, null, stallLimitNanos);
    }
  }

  /** Of a process that had the same number and was killed; but it may be one that lives. */
  static void deleteRest(Path file) throws IOException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        throw new IOException(
            "a process of another container has the same number and the same directory");
      }
      Files.delete(file);
    }
  }

  /** In a process that is ending already it stays, for the next one to delete. */
  private static void deleteAtTheEnd(Path path, @Nullable Object key) {
    Thread hook =
        new Thread(
            () -> {
              if (Objects.equals(key, key(path))) { // else it is another one's by now
                delete(path);
              }
            },
            "gyre-insight-end");
    try {
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException e) {
      LOGGER.log(System.Logger.Level.DEBUG, path + " is not deleted at the end", e);
    }
  }

  /** Which file it is, whatever it is called; null where there is none. */
  private static @Nullable Object key(Path file) {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    } catch (IOException e) {
      return null;
    }
  }

  private static void fillHeader(MemorySegment header, long stallLimitNanos) {
    var number = java.lang.foreign.ValueLayout.JAVA_LONG;
    header.set(number, SlotLayout.FILE_VERSION, SlotLayout.VERSION);
    header.set(number, SlotLayout.FILE_SLOT_BYTES, SlotLayout.BYTES);
    header.set(number, SlotLayout.FILE_PID, ProcessHandle.current().pid());
    header.set(number, SlotLayout.FILE_STARTED_MILLIS, System.currentTimeMillis());
    header.set(number, SlotLayout.FILE_STALL_LIMIT_NANOS, stallLimitNanos);
    header.set(number, SlotLayout.FILE_COUNTERS, Counter.values().length);
    header.set(number, SlotLayout.FILE_DISTRIBUTIONS, Distribution.values().length);
    VarHandle.releaseFence();
    header.set(number, SlotLayout.FILE_MAGIC, SlotLayout.MAGIC); // last: now it is complete
  }

  /** Deletes what processes that were killed have left: nobody holds a lock on it. */
  static void deleteStale(@Nullable Path directory) throws IOException {
    if (directory == null) {
      return;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = String.valueOf(entry.getFileName());
        if (name.matches("[0-9]{1,19}") && isStale(entry)) {
          delete(entry);
        }
      }
    }
  }

  private static boolean isStale(Path file) {
    if (Files.exists(Path.of("/proc", String.valueOf(file.getFileName())))) {
      return false;
    }
    // It may live in another container, where it has the same files and other numbers.
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock != null;
    } catch (IOException | OverlappingFileLockException e) {
      return false;
    }
  }

  private static void delete(Path file) {
    try {
      boolean ignored = Files.deleteIfExists(file);
      boolean _ = Files.deleteIfExists(file.resolveSibling(file.getFileName() + ".sock"));
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "cannot delete " + file, e);
    }
  }

  private static long kernelThread() {
    try { // a link of the kernel's: PID/task/TID
      String link = Files.readSymbolicLink(Path.of("/proc/thread-self")).toString();
      return Long.parseLong(link.substring(link.lastIndexOf('/') + 1));
    } catch (IOException | NumberFormatException | UnsupportedOperationException e) {
      return 0;
    }
  }
}
