package gyre.lab.profile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Where in the kernel a thread waits, looked up a thousand times a second: by the kernel's own
 * names, with what they mean where that is known.
 */
final class WaitPlaces implements AutoCloseable {
  private static final long PAUSE_NANOS = 1_000_000;

  /** What the kernel says of a thread that runs, or could. */
  private static final String NOWHERE = "0";

  /** Beginnings of names of the kernel, which change a little from version to version. */
  private static final Map<String, String> MEANINGS =
      Map.of(
          "io_cqring_wait", "for completions",
          "ep_poll", "in epoll_wait",
          "schedule_hrtimeout", "in epoll_wait or poll",
          "do_poll", "in poll",
          "do_sys_poll", "in poll",
          "futex", "for another thread",
          "hrtimer_nanosleep", "asleep",
          "pipe_read", "for a pipe");

  /** One place, and its share of the time that the thread waited. */
  record Place(String name, double share) {}

  private final Path file;
  private final Map<String, Integer> counts = new HashMap<>();
  private final Thread watcher;
  private volatile boolean ended;

  private WaitPlaces(Path file) {
    this.file = file;
    this.watcher = Thread.ofPlatform().daemon().name("wait-places").start(this::watch);
  }

  /** Watches that thread until it is closed. */
  static WaitPlaces of(long pid, long thread) {
    return new WaitPlaces(Path.of("/proc/" + pid + "/task/" + thread + "/wchan"));
  }

  private void watch() {
    while (!ended) {
      try {
        counts.merge(Files.readString(file).strip(), 1, Integer::sum);
      } catch (IOException e) {
        return; // The thread has ended, or we may not know.
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Stops watching. */
  @Override
  public void close() {
    ended = true;
    try {
      watcher.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Those that were seen, the most frequent first; to be asked for after the end. */
  List<Place> places() {
    assert ended;
    return places(counts);
  }

  static List<Place> places(Map<String, Integer> counts) {
    int waiting =
        counts.entrySet().stream()
            .filter(entry -> isPlace(entry.getKey()))
            .mapToInt(Map.Entry::getValue)
            .sum();
    return counts.entrySet().stream()
        .filter(entry -> isPlace(entry.getKey()))
        .map(entry -> new Place(described(entry.getKey()), (double) entry.getValue() / waiting))
        .sorted(Comparator.comparingDouble(Place::share).reversed().thenComparing(Place::name))
        .toList();
  }

  private static boolean isPlace(String name) {
    return !name.isEmpty() && !name.equals(NOWHERE);
  }

  private static String described(String name) {
    return MEANINGS.entrySet().stream()
        .filter(meaning -> name.startsWith(meaning.getKey()))
        .map(meaning -> meaning.getValue() + " (" + name + ")")
        .findFirst()
        .orElse(name);
  }
}
