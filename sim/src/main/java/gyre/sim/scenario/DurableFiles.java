package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Fiber;
import gyre.file.Directory;
import gyre.file.DirectoryEntry;
import gyre.file.DirectoryListing;
import gyre.file.DurableFile;
import gyre.file.File;
import gyre.file.FileException;
import gyre.file.FileSink;
import gyre.file.Files;
import gyre.file.OpenOptions;
import gyre.sim.World;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A program that keeps a file by replacing it and a log by appending to it, on a host that crashes.
 * What it was told to be durable is there when it comes back, and what is there is whole.
 */
final class DurableFiles extends Weathered {
  private static final Path PARENT = Path.of("/tmp");
  private static final Path FOLDER = PARENT.resolve("kept");
  private static final Path DATA = FOLDER.resolve("data");
  private static final Path LOG = FOLDER.resolve("log");
  private static final int MOST_BYTES = 200_000;
  private static final int RECORD_BYTES = 8;
  private static final int TRIES_LIMIT = 1_000;

  /** Per second. */
  private static final double CRASHES = 0.5;

  /** What the disk must have: known to the model, which does not crash. */
  private static final class Promised {
    final int rounds;
    int done;

    /** Versions of the replaced file. */
    int attempted;

    int durable;

    /** Records of the log. */
    int durableRecords;

    Promised(int rounds) {
      this.rounds = rounds;
    }
  }

  DurableFiles() {
    super("durable-files", "what was replaced or synced is there, and whole, after each crash");
  }

  @Override
  Faults faults(Plan plan) {
    return plan.isRough()
        ? plan.faults().with(Fault.CRASH, CRASHES).with(Fault.TORN_WRITE, 0.7)
        : plan.faults();
  }

  @Override
  void build(World world, Plan plan) {
    Promised promised = new Promised(plan.magnitude(100));
    Plan part = plan.part("keeper");
    world.host("keeper").background(() -> keep(promised, part));
    world
        .host("judge")
        .reliable()
        .run(() -> {
          while (promised.done < promised.rounds) {
            Fiber.sleep(Duration.ofMillis(100));
          }
          checkNothingOpen("judge");
        });
  }

  private static void keep(Promised promised, Plan plan) throws Exception {
    persist(plan, () -> prepare(promised));
    while (promised.done < promised.rounds) {
      if (plan.oneIn(2)) {
        replace(promised, plan);
        persist(plan, DurableFiles::checkNothingTemporary);
        persist(plan, () -> checkData(promised));
      } else {
        persist(plan, () -> append(promised, plan));
      }
      promised.done++;
    }
  }

  private interface Step {
    void run() throws Exception;
  }

  /** Tries until nothing is wrong with the disk. */
  private static void persist(Plan plan, Step step) throws Exception {
    for (int tries = 1; ; tries++) {
      try {
        step.run();
        return;
      } catch (FileException e) {
        if (!plan.isRough() || tries == TRIES_LIMIT) {
          throw e;
        }
      }
    }
  }

  /** After a start: what was promised is there, and what a crash has left is taken away. */
  private static void prepare(Promised promised) {
    if (!Files.exists(FOLDER)) {
      check(promised.durable == 0 && promised.durableRecords == 0, "all is gone");
      Files.createDirectory(FOLDER);
    }
    sync(PARENT);
    for (String name : names()) {
      if (name.endsWith(".tmp")) {
        Files.delete(FOLDER.resolve(name));
      }
    }
    checkData(promised);
    checkLog(promised);
    sync(FOLDER);
  }

  private static void sync(Path path) {
    try (Directory directory = Directory.open(path)) {
      directory.sync();
    }
  }

  private static List<String> names() {
    List<String> names = new ArrayList<>();
    try (DirectoryListing listing = Files.list(FOLDER)) {
      for (DirectoryEntry entry : listing) {
        names.add(entry.name());
      }
    }
    return names;
  }

  private static void checkNothingTemporary() {
    List<String> names = names();
    check(names.stream().noneMatch(name -> name.endsWith(".tmp")), "left behind: " + names);
  }

  // ---- the file that is replaced

  private static byte[] content(int version) {
    int length = 8 + version * 7_919 % (version % 3 == 0 ? 90_000 : 900);
    ByteBuffer content = ByteBuffer.allocate(length).putInt(version).putInt(length);
    while (content.hasRemaining()) {
      content.put((byte) (content.position() * 31 + version));
    }
    return content.array();
  }

  private static void replace(Promised promised, Plan plan) throws Exception {
    int version = ++promised.attempted;
    byte[] content = content(version);
    boolean isCut = plan.oneIn(3);
    Duration limit = plan.millis(0, 20);
    try {
      if (isCut) {
        Cancellation.within(limit, () -> write(content, plan.oneIn(2)));
      } else {
        write(content, plan.oneIn(2));
      }
      promised.durable = version;
    } catch (CancelledException e) {
      if (!isCut) {
        throw e; // the loop ends
      }
    } catch (FileException e) {
      if (!plan.isRough()) {
        throw e;
      }
    }
  }

  private static void write(byte[] content, boolean isInParts) throws Exception {
    if (!isInParts) {
      DurableFile.replace(DATA, content);
      return;
    }
    DurableFile.replace(
        DATA,
        sink -> {
          for (int at = 0; at < content.length; at += 1000) {
            sink.write(content, at, Math.min(1000, content.length - at));
          }
        });
  }

  private static void checkData(Promised promised) {
    if (!Files.exists(DATA)) {
      check(promised.durable == 0, "version " + promised.durable + " of the data is gone");
      return;
    }
    byte[] bytes = Files.readAll(DATA, MOST_BYTES);
    check(bytes.length >= 8, "the data is torn: " + bytes.length + " bytes");
    int version = ByteBuffer.wrap(bytes).getInt();
    check(
        Arrays.equals(bytes, content(version)),
        "the data is torn: " + bytes.length + " bytes of version " + version);
    check(
        version >= promised.durable && version <= promised.attempted,
        "version " + version + " of the data is back, and " + promised.durable + " was durable");
  }

  // ---- the log

  private static ByteBuffer record(int number) {
    return ByteBuffer.allocate(RECORD_BYTES).putInt(number).putInt(~number).flip();
  }

  private static void append(Promised promised, Plan plan) {
    try (File log = File.open(LOG, OpenOptions.appending().create(true))) {
      long size = log.sizeBytes() / RECORD_BYTES * RECORD_BYTES;
      int first = (int) (size / RECORD_BYTES);
      int count = plan.magnitude(500);
      log.truncate(size); // a part of a record, which a failure has left
      try (FileSink sink = log.sink(0)) {
        for (int i = first; i < first + count; i++) {
          sink.write(record(i));
        }
      }
      log.syncData();
      sync(FOLDER);
      promised.durableRecords = first + count;
    }
  }

  /** A crash may leave anything after what was synced: it is cut off. */
  private static void checkLog(Promised promised) {
    OpenOptions options = OpenOptions.readingAndWriting().create(true);
    try (File log = File.open(LOG, options)) {
      long size = log.sizeBytes();
      long durable = (long) promised.durableRecords * RECORD_BYTES;
      check(size >= durable, "of the log are " + size + " bytes, and " + durable + " were synced");
      ByteBuffer bytes = ByteBuffer.allocateDirect((int) durable);
      log.readFully(bytes, 0);
      bytes.flip();
      for (int i = 0; i < promised.durableRecords; i++) {
        check(bytes.slice(i * RECORD_BYTES, RECORD_BYTES).equals(record(i)), "record " + i);
      }
      log.truncate(durable);
      log.sync();
    }
  }
}
