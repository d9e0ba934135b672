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
import org.jspecify.annotations.Nullable;

/**
 * Entries that come into a directory together. Each has its content on the device before it has its
 * name, and its unique key before that too; what they share are the syncs of the directories.
 *
 * <pre>
 * add:      write tmp/NAME, sync it, link its unique key     for each
 * publish:  sync unique/
 *           rename into pending/ or delayed/                 for each
 *           sync pending/ and delayed/
 * </pre>
 *
 * <p>A loss of power before the end leaves files in {@code tmp/}, or entries that are not told.
 */
final class EnqueueRound {
  /** No more: until they are published nobody sees any of them. */
  static final int ENTRIES_MAX = 256;

  private record Prepared(Enqueued entry, Path part, Path directory, String name) {}

  private final Queue queue;
  private final Spool spool;
  private final List<Prepared> all = new ArrayList<>();
  private boolean hasKeys;

  EnqueueRound(Queue queue) {
    this.queue = queue;
    this.spool = queue.spool();
  }

  int size() {
    return all.size();
  }

  /**
   * Nothing of it is in the queue yet, and nothing ever if this throws.
   *
   * @throws DuplicateJobException if one with its unique key waits or runs, or is in this round
   */
  void add(Job job) {
    assert all.size() < ENTRIES_MAX;
    long sequence = queue.nextSequence();
    String name = EntryName.make(job.priority(), sequence, Queue.random());
    String id = job.text("id").isEmpty() ? EntryName.stem(name) : job.text("id");
    byte[] content =
        (job.toJson(sequence, id, Instant.now()) + "\n").getBytes(StandardCharsets.UTF_8);
    Queue.checkEntry(content);
    Path part = spool.tmp.resolve(name + ".tmp");
    Instant due = job.due();
    String key = job.text("unique_key");
    try {
      Spool.writeNew(part, content);
      if (!key.isEmpty()) {
        claim(part, key);
      }
    } catch (IOException e) {
      throw QueueException.of("enqueue into", spool.base, e);
    }
    all.add(
        new Prepared(
            new Enqueued(id, name, new SpoolEnd(spool, id, name)::end),
            part,
            due == null ? spool.pending : spool.delayed,
            due == null ? name : Delayed.name(due, name)));
  }

  private void claim(Path part, String key) throws IOException {
    try {
      boolean ignored = UniqueKeys.claim(spool, part, key);
      hasKeys = true;
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(part);
      throw e;
    }
  }

  /**
   * Has them in the queue and on the device, in their order.
   *
   * @param durable gets those that are; fewer than all if this throws
   * @throws QueueException if one can't be had there; then it is not in the queue, unless the
   *     message says that it may be
   */
  void publish(List<Enqueued> durable) {
    int moved = 0;
    Map<Path, FileChannel> directories = new LinkedHashMap<>();
    try {
      @Nullable IOException failure = null;
      try {
        // Opened before any rename: what may fail without a trace comes first.
        for (Prepared each : all) {
          if (!directories.containsKey(each.directory)) {
            directories.put(
                each.directory, FileChannel.open(each.directory, StandardOpenOption.READ));
          }
        }
        if (hasKeys) {
          Spool.syncDirectory(spool.unique); // a key that is lost lets a second one in
        }
        for (Prepared each : all) {
          Spool.move(each.part, each.directory.resolve(each.name));
          moved++;
        }
      } catch (IOException e) {
        failure = e;
      }
      List<Prepared> there = all.subList(0, moved);
      sync(directories, there);
      there.forEach(each -> durable.add(each.entry));
      if (failure != null) {
        throw QueueException.of("enqueue into", spool.base, failure);
      }
    } finally {
      close(directories);
      deleteParts(moved);
    }
  }

  private static void sync(Map<Path, FileChannel> directories, List<Prepared> there) {
    for (Map.Entry<Path, FileChannel> each : directories.entrySet()) {
      try {
        each.getValue().force(true);
      } catch (IOException e) {
        String ids =
            String.join(
                ", ",
                there.stream()
                    .filter(entry -> entry.directory.equals(each.getKey()))
                    .map(entry -> entry.entry.id())
                    .toList());
        throw QueueException.of(
            "enqueue entry " + ids + ", which may be in the queue, into", each.getKey(), e);
      }
    }
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

  private void deleteParts(int from) {
    for (Prepared each : all.subList(from, all.size())) {
      try {
        boolean ignored = Files.deleteIfExists(each.part);
      } catch (IOException e) {
        // the worker deletes it when it is old
      }
    }
  }
}
