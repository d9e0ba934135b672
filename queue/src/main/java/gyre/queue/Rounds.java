package gyre.queue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;

/**
 * Enqueues many jobs in rounds, each job into the one of several directories that it belongs to; a
 * queue without shards has one. Jobs of a round share the syncs of their directory.
 *
 * <p>The first job that is refused ends it, as if they came one after the other. A device that
 * fails may do so for one directory alone: then jobs behind the failed one may be there too. All
 * that are on the device are told, and what is thrown is about the first that is not.
 */
final class Rounds {
  /** No more together: until they are published nobody sees any of them. */
  static final int JOBS_MAX = 256;

  private final ToIntFunction<Job> directoryOf;
  private final IntFunction<Queue> open;
  private final Map<Integer, Queue> queues = new HashMap<>();

  /**
   * @param directoryOf which of the directories a job belongs to
   * @param open is asked once for each directory that is needed
   */
  Rounds(ToIntFunction<Job> directoryOf, IntFunction<Queue> open) {
    this.directoryOf = directoryOf;
    this.open = open;
  }

  /**
   * @param durable gets those that are on the device, by the index of their job, also where this
   *     throws
   */
  void enqueue(List<Job> jobs, Map<Integer, Enqueued> durable) {
    for (int from = 0; from < jobs.size(); from += JOBS_MAX) {
      enqueue(jobs, from, Math.min(jobs.size(), from + JOBS_MAX), durable);
    }
  }

  /** All of them; where this throws, the message names those that are there nevertheless. */
  List<Enqueued> enqueue(List<Job> jobs) {
    Map<Integer, Enqueued> durable = new TreeMap<>();
    enqueue(jobs, durable);
    return List.copyOf(durable.values());
  }

  private void enqueue(List<Job> jobs, int from, int to, Map<Integer, Enqueued> durable) {
    Map<Integer, EnqueueRound> rounds = new TreeMap<>();
    NavigableMap<Integer, Enqueued> done = new TreeMap<>();
    NavigableMap<Integer, RuntimeException> failures = new TreeMap<>();
    try {
      List<EnqueueRound> roundOf = add(jobs, from, to, rounds, failures);
      claim(roundOf, from, failures);
      rounds.values().forEach(each -> each.publish(done, failures));
    } finally {
      rounds.values().forEach(EnqueueRound::deleteParts);
    }
    durable.putAll(done);
    if (!failures.isEmpty()) {
      throw first(failures, done);
    }
  }

  /** Into which each was added. */
  private List<EnqueueRound> add(
      List<Job> jobs,
      int from,
      int to,
      Map<Integer, EnqueueRound> rounds,
      Map<Integer, RuntimeException> failures) {
    List<EnqueueRound> roundOf = new ArrayList<>(to - from);
    for (int i = from; i < to; i++) {
      try {
        Job job = jobs.get(i);
        int directory = directoryOf.applyAsInt(job);
        Queue queue = queues.computeIfAbsent(directory, open::apply);
        EnqueueRound round = rounds.computeIfAbsent(directory, _ -> new EnqueueRound(queue));
        round.add(i, job);
        roundOf.add(round);
      } catch (RuntimeException e) {
        failures.put(i, e);
        break;
      }
    }
    return roundOf;
  }

  /** In the order of the jobs, whatever their directories: unique keys are those of all. */
  private static void claim(
      List<EnqueueRound> roundOf, int from, Map<Integer, RuntimeException> failures) {
    for (int i = 0; i < roundOf.size(); i++) {
      try {
        roundOf.get(i).claimNext();
      } catch (RuntimeException e) {
        failures.put(from + i, e);
        return;
      }
    }
  }

  /** The other failures are behind it, and suppressed. */
  private static RuntimeException first(
      NavigableMap<Integer, RuntimeException> failures, NavigableMap<Integer, Enqueued> done) {
    List<RuntimeException> all = new ArrayList<>(failures.values());
    RuntimeException first = all.removeFirst();
    List<String> behind =
        done.tailMap(failures.firstKey()).values().stream().map(Enqueued::id).toList();
    if (!behind.isEmpty()) {
      first =
          new QueueException(
              first.getMessage()
                  + "; behind it these are in the queue: "
                  + String.join(", ", behind),
              first);
    }
    all.forEach(first::addSuppressed);
    return first;
  }
}
