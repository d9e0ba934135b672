package gyre.queue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Entries that come into a directory together. Each has its content on the device before it has its
 * name, and its unique key before that too; what they share are the syncs of the directories.
 *
 * <pre>
 * add:      write tmp/NAME, sync it                          for each
 * claim:    link its unique key                              for each
 * publish:  sync unique/
 *           rename into pending/ or delayed/                 for each
 *           sync pending/ and delayed/
 * </pre>
 *
 * <p>A loss of power before the end leaves files in {@code tmp/}, or entries that are not told. The
 * key of one that is left in {@code tmp/} is held until a worker deletes that: so no key is linked
 * while others are written, which takes the device a sync each.
 */
final class EnqueueRound {
  /**
   * @param index of its job among all that are enqueued
   * @param key empty if it has none
   */
  private record Prepared(
      int index, Enqueued entry, String key, Path part, Path directory, String name) {}

  private final Queue queue;
  private final Spool spool;
  private final List<Prepared> all = new ArrayList<>();
  private boolean hasKeys;

  /** So many of them have their keys, and may be published. */
  private int claimed;

  /** So many of them have left {@code tmp/}. */
  private int moved;

  EnqueueRound(Queue queue) {
    this.queue = queue;
    this.spool = queue.spool();
  }

  /** Nothing of it is in the queue yet, and nothing ever if this throws. */
  void add(int index, Job job) {
    long sequence = queue.nextSequence();
    String name = EntryName.make(job.priority(), sequence, Queue.random());
    String id = job.text("id").isEmpty() ? EntryName.stem(name) : job.text("id");
    byte[] content =
        (job.toJson(sequence, id, Instant.now()) + "\n").getBytes(StandardCharsets.UTF_8);
    Queue.checkEntry(content);
    Path part = spool.tmp.resolve(name + ".tmp");
    Instant due = job.due();
    try {
      Spool.writeNew(part, content);
    } catch (IOException e) {
      throw QueueException.of("enqueue into", spool.base, e);
    }
    all.add(
        new Prepared(
            index,
            new Enqueued(id, name, new SpoolEnd(spool, id, name)::end),
            job.text("unique_key"),
            part,
            due == null ? spool.pending : spool.delayed,
            due == null ? name : Delayed.name(due, name)));
  }

  /**
   * Of the next one that was added. If this throws, neither it nor one behind it is published.
   *
   * @throws DuplicateJobException if one with its unique key waits or runs, or is in this round
   */
  void claimNext() {
    Prepared next = all.get(claimed);
    if (!next.key.isEmpty()) {
      try {
        boolean ignored = UniqueKeys.claim(spool, next.part, next.key);
      } catch (IOException e) {
        throw QueueException.of("enqueue into", spool.base, e);
      }
      hasKeys = true;
    }
    claimed++;
  }

  /**
   * Has those that have their keys in the queue and on the device, in their order. It ends at the
   * first that can't be moved; those before it stay. Called once.
   *
   * @param durable gets those that are on the device, by their indexes
   * @param failures gets what went wrong, by the index of the first that it keeps from that. No
   *     entry of it is in the queue, unless the message says that it may be.
   */
  void publish(Map<Integer, Enqueued> durable, Map<Integer, RuntimeException> failures) {
    assert moved == 0;
    Map<Path, FileChannel> directories = new LinkedHashMap<>();
    try {
      move(directories);
    } catch (IOException e) {
      assert moved < claimed;
      failures.put(all.get(moved).index, QueueException.of("enqueue into", spool.base, e));
    }
    sync(directories, durable, failures);
    close(directories);
  }

  private void move(Map<Path, FileChannel> directories) throws IOException {
    // Opened before any rename: what may fail without a trace comes first.
    List<Prepared> ready = all.subList(0, claimed);
    for (Prepared each : ready) {
      if (!directories.containsKey(each.directory)) {
        directories.put(each.directory, FileChannel.open(each.directory, StandardOpenOption.READ));
      }
    }
    if (hasKeys) {
      Spool.syncDirectory(spool.unique); // a key that is lost lets a second one in
    }
    for (Prepared each : ready) {
      Spool.move(each.part, each.directory.resolve(each.name));
      moved++;
    }
  }

  /** Each directory for itself: one that can't be synced says nothing of the other. */
  private void sync(
      Map<Path, FileChannel> directories,
      Map<Integer, Enqueued> durable,
      Map<Integer, RuntimeException> failures) {
    List<Prepared> there = all.subList(0, moved);
    Map<Path, IOException> notSynced = new LinkedHashMap<>();
    for (Map.Entry<Path, FileChannel> each : directories.entrySet()) {
      if (there.stream().anyMatch(entry -> entry.directory.equals(each.getKey()))) {
        try {
          each.getValue().force(true);
        } catch (IOException e) {
          notSynced.put(each.getKey(), e);
        }
      }
    }
    List<Prepared> unsure = new ArrayList<>();
    for (Prepared each : there) {
      if (notSynced.containsKey(each.directory)) {
        unsure.add(each);
      } else {
        durable.put(each.index, each.entry);
      }
    }
    if (!unsure.isEmpty()) {
      failures.put(unsure.getFirst().index, mayBeThere(unsure, notSynced));
    }
  }

  private static QueueException mayBeThere(
      List<Prepared> unsure, Map<Path, IOException> notSynced) {
    List<IOException> reasons = List.copyOf(notSynced.values());
    QueueException failure =
        QueueException.of(
            "enqueue entry "
                + String.join(", ", unsure.stream().map(each -> each.entry.id()).toList())
                + ", which may be in the queue, into",
            String.join(" and ", notSynced.keySet().stream().map(Path::toString).toList()),
            reasons.getFirst());
    reasons.stream().skip(1).forEach(failure::addSuppressed);
    return failure;
  }

  private static void close(Map<Path, FileChannel> directories) {
    for (FileChannel each : directories.values()) {
      try {
        each.close();
      } catch (IOException e) {
        // it was opened for reading: nothing is lost
      }
    }
  }

  /** Leaves nothing of those that are not published. */
  void deleteParts() {
    for (Prepared each : all.subList(moved, all.size())) {
      try {
        boolean ignored = Files.deleteIfExists(each.part);
      } catch (IOException e) {
        // the worker deletes it when it is old
      }
    }
  }
}
