package gyre.queue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What an operator does with a queue from outside: look, search, retry, discard, pause. It works on
 * the files alone, whether a worker runs or not.
 *
 * <p>It is long since there is a method for each command; they share nothing but the files.
 */
public final class Inspection implements QueueOperations {
  /** Where an entry is. */
  public enum Place {
    PENDING,
    DELAYED,
    PROCESSING,
    FAILED,
    COMPLETED
  }

  /**
   * An entry as it lies there.
   *
   * @param content of its file, if it can be read
   * @param error why it failed; else empty
   */
  public record Item(
      String id, Place place, String name, int priority, String content, String error) {}

  /** How many entries are where. */
  public record Counts(long pending, long delayed, long processing, long failed, long completed) {}

  /** A worker that lives, and its heartbeat. */
  public record LiveWorker(int slot, Map<String, @Nullable Object> heartbeat) {}

  private static final int WORKERS_LIMIT = 64;
  private static final int CONTENT_LIMIT_BYTES = 1 << 20;

  private final Spool spool;

  private Inspection(Spool spool) {
    this.spool = spool;
  }

  /**
   * Of the queue in that directory.
   *
   * @throws QueueException if there is none, or nobody may look at it
   */
  public static Inspection of(Path directory) {
    Spool spool = new Spool(directory);
    if (!spool.isThere()) {
      checkMayLook(spool);
      throw new QueueException(
          "look at queue " + spool.base + ": there is none; enqueue something, or start a worker");
    }
    return new Inspection(spool);
  }

  /** One that can't be seen is not one that is not there. */
  private static void checkMayLook(Spool spool) {
    try {
      BasicFileAttributes _ = Files.readAttributes(spool.pending, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return;
    } catch (IOException e) {
      throw QueueException.of("look at queue", spool.base, e);
    }
  }

  static String describeOwner(Spool spool) {
    try {
      return "a worker with the process id " + Files.readString(spool.pidFile(0)).strip();
    } catch (IOException e) {
      return "another worker";
    }
  }

  // ---- looking

  @Override
  public Counts counts() {
    return new Counts(
        count(Place.PENDING),
        count(Place.DELAYED),
        count(Place.PROCESSING),
        count(Place.FAILED),
        count(Place.COMPLETED));
  }

  long count(Place place) {
    long[] count = {0};
    each(
        place,
        file -> {
          count[0]++;
          return true;
        });
    return count[0];
  }

  /** Workers that hold their lock now. */
  @Override
  public List<LiveWorker> workers() {
    List<LiveWorker> alive = new ArrayList<>();
    for (int i = 0; i < WORKERS_LIMIT; i++) {
      Path lock = spool.lockFile(i);
      if (Files.exists(lock) && InstanceLock.isHeld(lock)) {
        alive.add(new LiveWorker(i, heartbeat(i)));
      }
    }
    return alive;
  }

  private Map<String, @Nullable Object> heartbeat(int slot) {
    try {
      return Json.readObject(Files.readAllBytes(spool.heartbeat(slot)));
    } catch (IOException | BadEntryException e) {
      return new LinkedHashMap<>(); // it has not written one yet
    }
  }

  /**
   * Entries of some places, at most {@code limit}, in no order.
   *
   * @param text that must be in the name, the content or the error; empty for all
   */
  @Override
  public List<Item> search(List<Place> places, String text, int limit) {
    List<Item> found = new ArrayList<>();
    for (Place place : places) {
      each(
          place,
          file -> {
            Item item = item(place, file);
            if (text.isEmpty()
                || item.name().contains(text)
                || item.id().contains(text)
                || item.content().contains(text)
                || item.error().contains(text)) {
              found.add(item);
            }
            return found.size() < limit;
          });
    }
    return found;
  }

  /** The entry of that id, or of that name of a file. */
  @Override
  public Optional<Item> find(String id) {
    return locate(id).map(each -> item(each.place, each.file));
  }

  private record Located(Place place, Path file) {}

  private Optional<Located> locate(String id) {
    for (Place place : Place.values()) {
      List<Path> found = new ArrayList<>();
      each(
          place,
          file -> {
            String name = plainName(place, file);
            if (name.equals(id)
                || EntryName.stem(name).equals(id)
                || (content(file).contains(id) && item(place, file).id().equals(id))) {
              found.add(file);
            }
            return found.isEmpty();
          });
      if (!found.isEmpty()) {
        return Optional.of(new Located(place, found.getFirst()));
      }
    }
    return Optional.empty();
  }

  Path directory(Place place) {
    return switch (place) {
      case PENDING -> spool.pending;
      case DELAYED -> spool.delayed;
      case PROCESSING -> spool.processing;
      case FAILED -> spool.failed;
      case COMPLETED -> spool.completed;
    };
  }

  /** Until {@code visitor} says false. */
  void each(Place place, Predicate<Path> visitor) {
    if (place == Place.PENDING) {
      try {
        PendingScan.scanWhile(spool, name -> visitor.test(name.path()));
      } catch (IOException e) {
        throw QueueException.of("look into", spool.pending, e);
      }
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory(place))) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        boolean isBeside = name.endsWith(Failure.SUFFIX) || name.endsWith(Enqueued.RESULT_SUFFIX);
        if (!isBeside && !name.startsWith(".") && !visitor.test(file)) {
          return;
        }
      }
    } catch (NoSuchFileException e) {
      return; // nothing was ever there
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      throw QueueException.of("look into", directory(place), e);
    }
  }

  static String plainName(Place place, Path file) {
    String name = String.valueOf(file.getFileName());
    return switch (place) {
      case DELAYED -> Delayed.of(file).name();
      case PROCESSING -> Claims.nameOf(name);
      case PENDING, FAILED, COMPLETED -> name;
    };
  }

  Item item(Place place, Path file) {
    String name = plainName(place, file);
    String content = content(file);
    String error = place == Place.FAILED ? field(content(beside(file)), "error") : "";
    String id = field(content, "id");
    return new Item(
        id.isEmpty() ? EntryName.stem(name) : id,
        place,
        name,
        EntryName.of(file.resolveSibling(name)).priority(),
        content,
        error);
  }

  private static Path beside(Path file) {
    return file.resolveSibling(file.getFileName() + Failure.SUFFIX);
  }

  private static String content(Path file) {
    try {
      if (!Files.isRegularFile(file, java.nio.file.LinkOption.NOFOLLOW_LINKS)
          || Files.size(file) > CONTENT_LIMIT_BYTES) {
        return "";
      }
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return ""; // it was moved meanwhile
    }
  }

  private static String field(String content, String name) {
    try {
      Object value = Json.readObject(content.getBytes(StandardCharsets.UTF_8)).get(name);
      return value == null ? "" : String.valueOf(value);
    } catch (BadEntryException e) {
      return "";
    }
  }

  // ---- by file, which reads no other: for a page that has just listed it

  Spool spool() {
    return spool;
  }

  /**
   * The file that is called so in that place.
   *
   * @param file its name; below {@code pending/} maybe with the directory of its priority
   */
  private Optional<Located> at(Place place, String file) {
    String[] parts = file.split("/", -1);
    boolean isBelow =
        place == Place.PENDING && parts.length == 2 && PendingScan.directoryPriority(parts[0]) > 0;
    String name = parts[parts.length - 1];
    if ((parts.length > 1 && !isBelow) || name.isEmpty() || name.startsWith(".")) {
      return Optional.empty();
    }
    try {
      Path found = directory(place).resolve(file);
      return Files.exists(found, java.nio.file.LinkOption.NOFOLLOW_LINKS)
          ? Optional.of(new Located(place, found))
          : Optional.empty();
    } catch (java.nio.file.InvalidPathException e) {
      return Optional.empty();
    }
  }

  Optional<Item> find(Place place, String file) {
    return at(place, file).map(each -> item(place, each.file));
  }

  /** What stands beside an entry that has failed; empty if nothing does. */
  String failure(String file) {
    return at(Place.FAILED, file).map(each -> content(beside(each.file))).orElse("");
  }

  boolean retry(Place place, String file) {
    return at(place, file).map(this::retry).orElse(false);
  }

  boolean discard(Place place, String file) {
    return at(place, file).map(this::discard).orElse(false);
  }

  // ---- changing

  /**
   * Has an entry done again that was given up, or at once one that waits for its time.
   *
   * @return whether there is one
   */
  @Override
  public boolean retry(String id) {
    return locate(id).map(this::retry).orElse(false);
  }

  private boolean retry(Located found) {
    if (found.place != Place.FAILED && found.place != Place.DELAYED) {
      return false;
    }
    Path file = found.file;
    try {
      again(found);
      Files.deleteIfExists(beside(file));
    } catch (NoSuchFileException e) {
      return false; // somebody else was quicker
    } catch (IOException e) {
      throw QueueException.of("retry", file, e);
    }
    wakeWorkers();
    return true;
  }

  /** One that was given up has lost its unique key, and needs it again. */
  private void again(Located found) throws IOException {
    Path file = found.file;
    String key = found.place == Place.FAILED ? field(content(file), "unique_key") : "";
    if (key.isEmpty()) {
      Spool.moveBeside(file, spool.pending, plainName(found.place, file));
      return;
    }
    boolean isClaimed;
    try {
      isClaimed = UniqueKeys.claim(spool, file, key);
    } catch (DuplicateJobException e) {
      throw new QueueException(
          "retry "
              + file
              + ": another entry of its unique key waits or runs; retry it when that"
              + " has ended, or discard one of them",
          e);
    }
    try {
      Spool.moveBeside(file, spool.pending, plainName(found.place, file));
    } catch (IOException e) {
      if (isClaimed) {
        UniqueKeys.giveBack(spool, file, key);
      }
      throw e;
    }
  }

  /**
   * Deletes an entry that waits or was given up.
   *
   * @return whether there is one
   */
  @Override
  public boolean discard(String id) {
    return locate(id).map(this::discard).orElse(false);
  }

  private boolean discard(Located found) {
    if (found.place == Place.PROCESSING || found.place == Place.COMPLETED) {
      return false;
    }
    Path file = found.file;
    try {
      String batch = found.place == Place.FAILED ? "" : field(content(file), "batch");
      boolean isDeleted = Files.deleteIfExists(file);
      if (isDeleted && !batch.isEmpty()) {
        Batches.skip(spool, batch, plainName(found.place, file));
      }
      Files.deleteIfExists(beside(file));
      return isDeleted;
    } catch (IOException e) {
      throw QueueException.of("discard", file, e);
    }
  }

  /**
   * Has workers begin nothing more; what runs may end. It stays so over restarts.
   *
   * @param operation of that kind alone; empty for all
   */
  @Override
  public void pause(String operation) {
    try {
      Path file = spool.pauseFile(checkedKind(operation));
      Files.writeString(file, Instant.now() + "\n");
    } catch (IOException e) {
      throw QueueException.of("pause", spool.base, e);
    }
    wakeWorkers();
  }

  /** The opposite of {@link #pause}; false if it was not paused. */
  @Override
  public boolean resume(String operation) {
    try {
      boolean wasPaused = Files.deleteIfExists(spool.pauseFile(checkedKind(operation)));
      wakeWorkers();
      return wasPaused;
    } catch (IOException e) {
      throw QueueException.of("resume", spool.base, e);
    }
  }

  private static String checkedKind(String operation) {
    if (operation.contains("/") || operation.length() > 200) {
      throw new IllegalArgumentException("no name of an operation: " + operation);
    }
    return operation;
  }

  @Override
  public boolean isPaused() {
    return Files.exists(spool.pauseFile(""));
  }

  /** Writes a line into the FIFO of each worker that lives. Not needed, only quicker. */
  public void wakeWorkers() {
    for (LiveWorker each : workers()) {
      if (each.heartbeat().get("pid") instanceof Number pid) {
        Path fifo = spool.fifo(pid.longValue());
        if (Files.exists(fifo)) {
          wake(fifo);
        }
      }
    }
  }

  /** Opened for both directions, so that it never waits for a reader. */
  private static void wake(Path fifo) {
    try (FileChannel out =
        FileChannel.open(fifo, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      out.write(java.nio.ByteBuffer.wrap("wake\n".getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      // the worker looks by itself within its timeout
    }
  }

  /** The processes of workers that live, for signals. */
  public List<Long> workerPids() {
    List<Long> pids = new ArrayList<>();
    for (LiveWorker each : workers()) {
      if (each.heartbeat().get("pid") instanceof Number pid) {
        pids.add(pid.longValue());
      }
    }
    return pids;
  }

  @Override
  public List<String> drain() {
    return DrainRequests.ask(workerPids());
  }

  // ---- reports

  /** All of it as one line of JSON. */
  @Override
  public String json() {
    return new InspectionReport(this).json();
  }

  /** For a person: some lines. */
  @Override
  public List<String> report() {
    return new InspectionReport(this).lines();
  }

  /** What is wrong, and what to do; empty if nothing is. */
  @Override
  public List<String> findings() {
    return new InspectionReport(this).findings();
  }
}
