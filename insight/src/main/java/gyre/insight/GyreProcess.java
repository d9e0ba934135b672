package gyre.insight;

import gyre.probe.Buckets;
import gyre.probe.Counter;
import gyre.probe.Distribution;
import gyre.probe.ProbeDirectory;
import gyre.probe.ProbeFile;
import gyre.probe.SlotLayout;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads what the loops of a process tell, from the file that they write into: nothing happens in
 * that process for it.
 *
 * <p>Used by one thread at a time.
 */
public final class GyreProcess implements AutoCloseable {
  private static final ValueLayout.OfLong NUMBER = ValueLayout.JAVA_LONG;

  /** How often a loop that writes is looked at anew, before what is there is taken as it is. */
  private static final int ATTEMPTS = 20;

  /** A copy is large: so many of them at most. */
  private static final int COPIES = 3;

  /** Between the start of a JVM and that of its first loop clocks may differ by so much. */
  private static final Duration START_TOLERANCE = Duration.ofSeconds(2);

  private final long pid;
  private final Arena arena = Arena.ofShared();
  private final Path file;
  private MemorySegment memory;
  private final MemorySegment copy;
  private final Instant started;
  private final long stallLimitNanos;

  private GyreProcess(Path directory, long pid) throws IOException {
    this.pid = pid;
    ProbeDirectory.check(directory);
    this.file = directory.resolve(Long.toString(pid));
    boolean isOpen = false;
    try {
      this.memory = map();
      check();
      this.started = Instant.ofEpochMilli(memory.get(NUMBER, SlotLayout.FILE_STARTED_MILLIS));
      this.stallLimitNanos = memory.get(NUMBER, SlotLayout.FILE_STALL_LIMIT_NANOS);
      this.copy = arena.allocate(SlotLayout.BYTES, Long.BYTES);
      isOpen = true;
    } finally {
      if (!isOpen) {
        arena.close();
      }
    }
  }

  /**
   * Opens the file of a process of this user.
   *
   * @throws IOException if it has no Gyre loop, or belongs to another user; the message says which
   */
  public static GyreProcess open(long pid) throws IOException {
    return open(ProbeDirectory.path(), pid);
  }

  static GyreProcess open(Path directory, long pid) throws IOException {
    try {
      return new GyreProcess(directory, pid);
    } catch (NoSuchFileException e) {
      throw new IOException(
          "process "
              + pid
              + " tells nothing: there is no "
              + e.getFile()
              + (ProcessHandle.of(pid).isEmpty()
                  ? ", and no such process"
                  : "; it has opened no Gyre loop, runs with -Dgyre.insight=false, or as another"
                      + " user"),
          e);
    }
  }

  /**
   * The processes of this user that have Gyre loops, by number.
   *
   * @throws IOException if the directory where they tell of themselves may be another user's
   */
  public static List<Long> all() throws IOException {
    return all(ProbeDirectory.path());
  }

  static List<Long> all(Path directory) throws IOException {
    List<Long> found = new ArrayList<>();
    ProbeDirectory.check(directory);
    if (!Files.isDirectory(directory)) {
      return found;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "[0-9]*")) {
      for (Path entry : entries) {
        String name = String.valueOf(entry.getFileName());
        if (name.matches("[0-9]{1,18}") && isAlive(Long.parseLong(name), entry)) {
          found.add(Long.parseLong(name));
        }
      }
    }
    found.sort(Long::compare);
    return found;
  }

  /** A file without its process is what a kill has left; its number may be another's by now. */
  private static boolean isAlive(long pid, Path file) throws IOException {
    Instant written = Files.getLastModifiedTime(file).toInstant();
    return ProcessHandle.of(pid)
        .filter(process ->
            process
                .info()
                .startInstant()
                .map(start -> start.minus(START_TOLERANCE).isBefore(written))
                .orElse(true))
        .isPresent();
  }

  private MemorySegment map() throws IOException {
    MemorySegment own = ProbeFile.mapOfThisProcess(file, arena);
    if (own != null) {
      return own;
    }
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(file + " is no file"); // to open a pipe would wait for ever
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    }
  }

  private void check() throws IOException {
    if (memory.byteSize() < SlotLayout.FILE_HEADER_BYTES
        || memory.get(NUMBER, SlotLayout.FILE_MAGIC) != SlotLayout.MAGIC) {
      throw new IOException(
          file + " is not complete: its process is starting, or it is no file of" + " Gyre's");
    }
    long version = memory.get(NUMBER, SlotLayout.FILE_VERSION);
    if (version != SlotLayout.VERSION
        || memory.get(NUMBER, SlotLayout.FILE_SLOT_BYTES) != SlotLayout.BYTES) {
      throw new IOException(
          file
              + " has version "
              + version
              + " of its layout, and this program reads version "
              + SlotLayout.VERSION
              + ": use the gyre command of the release that runs there");
    }
  }

  public long pid() {
    return pid;
  }

  /** Whether the process still runs. */
  public boolean isAlive() {
    return Files.exists(file) && ProcessHandle.of(pid).isPresent();
  }

  /**
   * What all loops tell now.
   *
   * @throws IOException if the file can't be read any more
   */
  public ProcessSnapshot read() throws IOException {
    try {
      return readAll();
    } catch (InternalError e) { // so the JVM tells that a page of a mapped file is gone
      throw new IOException(file + " was cut while it was read", e);
    }
  }

  private ProcessSnapshot readAll() throws IOException {
    int slots =
        (int) Math.clamp(memory.get(NUMBER, SlotLayout.FILE_SLOTS), 0L, ProbeFile.SLOTS_MAX);
    if (memory.byteSize() < SlotLayout.slotOffset(slots)) {
      memory = map(); // it has grown; what was mapped before goes with the rest
    }
    List<LoopSnapshot> loops = new ArrayList<>();
    for (int slot = 0; slot < slots; slot++) {
      long offset = SlotLayout.slotOffset(slot);
      if (memory.byteSize() >= offset + SlotLayout.BYTES) {
        read(memory.asSlice(offset, SlotLayout.BYTES)).ifPresent(loops::add);
      }
    }
    loops.sort((left, right) -> Long.compare(left.loop(), right.loop()));
    return new ProcessSnapshot(pid, started, stallLimitNanos, System.nanoTime(), loops);
  }

  /** Empty where no loop has the slot, or it went to another one meanwhile. */
  private Optional<LoopSnapshot> read(MemorySegment slot) {
    long loop = slot.get(NUMBER, SlotLayout.LOOP);
    if (loop == 0) {
      return Optional.empty();
    }
    boolean isConsistent = copyWhole(slot);
    if (!isConsistent) {
      copyFrom(slot);
    }
    return copy.get(NUMBER, SlotLayout.LOOP) == loop && slot.get(NUMBER, SlotLayout.LOOP) == loop
        ? Optional.of(decode(isConsistent))
        : Optional.empty();
  }

  /** Whether that was possible between two turns. */
  private boolean copyWhole(MemorySegment slot) {
    int copies = 0;
    for (int i = 0; i < ATTEMPTS && copies < COPIES; i++) {
      long before = slot.get(NUMBER, SlotLayout.SEQUENCE);
      if ((before & 1) == 0) {
        copies++;
        copyFrom(slot);
        if (slot.get(NUMBER, SlotLayout.SEQUENCE) == before) {
          return true;
        }
      }
      Thread.onSpinWait();
    }
    return false;
  }

  private void copyFrom(MemorySegment slot) {
    VarHandle.loadLoadFence();
    copy.copyFrom(slot);
    VarHandle.loadLoadFence();
  }

  private LoopSnapshot decode(boolean isConsistent) {
    Map<Counter, Long> counters = new EnumMap<>(Counter.class);
    for (Counter counter : Counter.values()) {
      counters.put(counter, copy.get(NUMBER, counter.offset()));
    }
    Map<Distribution, Spread> spreads = new EnumMap<>(Distribution.class);
    for (Distribution distribution : Distribution.values()) {
      spreads.put(distribution, spread(distribution.offset()));
    }
    int count =
        (int) Math.clamp(copy.get(NUMBER, SlotLayout.KINDS), 0, (long) SlotLayout.KINDS_MAX);
    List<KindSnapshot> kinds = new ArrayList<>();
    for (int kind = 0; kind < count; kind++) {
      int place = SlotLayout.kindOffset(kind);
      kinds.add(
          new KindSnapshot(
              text(place + SlotLayout.KIND_NAME),
              copy.get(NUMBER, place + SlotLayout.KIND_OPEN),
              copy.get(NUMBER, place + SlotLayout.KIND_STALLS),
              spread(SlotLayout.kindHistogramOffset(kind))));
    }
    long phase = copy.get(NUMBER, SlotLayout.PHASE);
    return new LoopSnapshot(
        copy.get(NUMBER, SlotLayout.LOOP),
        text(SlotLayout.NAME),
        text(SlotLayout.ENGINE),
        text(SlotLayout.FIBERS),
        text(SlotLayout.EXPLANATION),
        copy.get(NUMBER, SlotLayout.THREAD),
        phase == SlotLayout.IN_TURN
            ? LoopSnapshot.Phase.RUNNING
            : phase == SlotLayout.WAITING ? LoopSnapshot.Phase.WAITING : LoopSnapshot.Phase.OUTSIDE,
        System.nanoTime(),
        copy.get(NUMBER, SlotLayout.PHASE_SINCE),
        copy.get(NUMBER, SlotLayout.ITEM_SINCE),
        isConsistent,
        difference(counters, Counter.HANDLES_OPENED, Counter.HANDLES_CLOSED),
        difference(counters, Counter.FIBERS_STARTED, Counter.FIBERS_ENDED),
        counters,
        spreads,
        kinds);
  }

  private static long difference(Map<Counter, Long> counters, Counter more, Counter less) {
    return counters.getOrDefault(more, 0L) - counters.getOrDefault(less, 0L);
  }

  private Spread spread(int offset) {
    long[] counts = new long[Buckets.COUNT];
    MemorySegment.copy(copy, NUMBER, offset + (long) Buckets.FIRST, counts, 0, counts.length);
    return new Spread(
        copy.get(NUMBER, offset + Buckets.SUM), copy.get(NUMBER, offset + Buckets.MAX), counts);
  }

  private String text(int offset) {
    int length = copy.get(ValueLayout.JAVA_BYTE, offset) & 0xff;
    byte[] bytes = new byte[length];
    MemorySegment.copy(copy, ValueLayout.JAVA_BYTE, offset + 1L, bytes, 0, length);
    return Printable.of(new String(bytes, StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    arena.close();
  }
}
