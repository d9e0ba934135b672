package gyre.queue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A queue as its users see it: a directory that entries are put into. A worker ({@link Worker}, or
 * {@code gyre queue work}) need not run at that time.
 *
 * <pre>{@code
 * Queue queue = Queue.open(Path.of("jobs"));
 * Enqueued job = queue.enqueue(Job.sql("INSERT INTO visits VALUES (?)", "ada").keepResult());
 * Completion end = job.await(Duration.ofSeconds(5));
 * }</pre>
 *
 * <p>Any thread and any number of processes may enqueue. Calls block for the device, some tenths of
 * a millisecond: fibers call them in {@code Fiber.offload}.
 */
public final class Queue {
  private static final int RANDOM_BITS = 40;

  private final Spool spool;
  private final AtomicLong lastSequence = new AtomicLong();

  private Queue(Spool spool) {
    this.spool = spool;
  }

  /**
   * Makes the directories that are missing.
   *
   * @throws QueueException if that can't be done
   */
  public static Queue open(Path directory) {
    Spool spool = new Spool(directory);
    try {
      spool.create();
    } catch (IOException e) {
      throw QueueException.of("open queue", directory, e);
    }
    return new Queue(spool);
  }

  public Path directory() {
    return spool.base;
  }

  Spool spool() {
    return spool;
  }

  /**
   * Puts an entry into the queue. When it returns, the entry is on the device: neither a crash of
   * this program nor one of the machine loses it.
   *
   * @throws DuplicateJobException if one with its unique key waits or runs
   * @throws QueueException if it can't be written; then it is not in the queue, unless the message
   *     says that it may be: then enqueue it again with an id of its own, and it is done once
   */
  public Enqueued enqueue(Job job) {
    return enqueueAll(List.of(job)).getFirst();
  }

  /**
   * Puts several into the queue, as {@link #enqueue} one after the other does. They share the syncs
   * of the directories, so that many cost the device half as much. The first one that is refused
   * ends it: those before it are in the queue.
   *
   * @throws QueueException as {@link #enqueue}. Where the device fails, some behind the first that
   *     could not be written may be in the queue too; the message names them.
   */
  public List<Enqueued> enqueueAll(List<Job> jobs) {
    return rounds().enqueue(jobs);
  }

  /**
   * @param durable gets those that are on the device, by the index of their job, also where this
   *     throws
   */
  void enqueueEach(List<Job> jobs, Map<Integer, Enqueued> durable) {
    rounds().enqueue(jobs, durable);
  }

  private Rounds rounds() {
    return new Rounds(_ -> 0, _ -> this);
  }

  /** What a worker would refuse is refused here, where somebody sees it. */
  static void checkEntry(byte[] content) {
    try {
      EntryReader.parse(content, () -> "");
    } catch (BadEntryException e) {
      throw new QueueException("enqueue: " + e.getMessage(), e);
    }
  }

  /**
   * From the clock, so that entries of several programs come in order, and never the same twice in
   * this one.
   */
  long nextSequence() {
    Instant now = Instant.now();
    long nanos = now.getEpochSecond() * 1_000_000_000 + now.getNano();
    return lastSequence.updateAndGet(last -> Math.max(last + 1, nanos));
  }

  static String random() {
    return Long.toString(
        ThreadLocalRandom.current().nextLong(1L << RANDOM_BITS), Character.MAX_RADIX);
  }

  static String hash(String key) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  // ---- batches

  /**
   * Says that {@code size} entries will be enqueued with {@link Job#batch}, and what is to be done
   * when the last of them has ended, well or not. May be called before or after they are enqueued.
   */
  public void openBatch(String batch, int size, Job callback) {
    if (size < 1) {
      throw new IllegalArgumentException("a batch has 1 entry or more: " + size);
    }
    Batches.write(spool, batch, size, callback.id("batch:" + batch + ":" + nextSequence()));
  }

  // ---- names

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "queue %s", spool.base);
  }
}
