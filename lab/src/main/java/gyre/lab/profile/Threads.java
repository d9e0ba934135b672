package gyre.lab.profile;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the scheduler knows of each thread of a process. */
record Threads(Map<Long, Threads.Times> byId) {
  /** On a core, ready but waiting for one, and how often it gave up its core or lost it. */
  record Times(
      long id,
      String name,
      long ranNanos,
      long delayedNanos,
      long slices,
      long yielded,
      long preempted) {
    Times since(Times before) {
      return new Times(
          id,
          name,
          ranNanos - before.ranNanos,
          delayedNanos - before.delayedNanos,
          slices - before.slices,
          yielded - before.yielded,
          preempted - before.preempted);
    }
  }

  private static final Times NONE = new Times(0, "", 0, 0, 0, 0, 0);

  Threads {
    byId = Map.copyOf(byId);
  }

  static Threads of(long pid) {
    Map<Long, Times> threads = new HashMap<>();
    try (DirectoryStream<Path> folders =
        Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
      for (Path folder : folders) {
        read(folder).ifPresent(times -> threads.put(times.id(), times));
      }
    } catch (IOException e) {
      return new Threads(Map.of());
    }
    return new Threads(threads);
  }

  private static Optional<Times> read(Path folder) {
    try {
      return Optional.of(
          parse(
              Long.parseLong(folder.getFileName().toString()),
              Files.readString(folder.resolve("comm")).strip(),
              Files.readString(folder.resolve("schedstat")),
              Files.readAllLines(folder.resolve("status"))));
    } catch (IOException e) {
      return Optional.empty(); // It ended in this moment.
    }
  }

  static Times parse(long id, String name, String schedstat, List<String> status) {
    String[] numbers = schedstat.strip().split(" ", -1);
    return new Times(
        id,
        name,
        Long.parseLong(numbers[0]),
        Long.parseLong(numbers[1]),
        Long.parseLong(numbers[2]),
        switches(status, "voluntary_ctxt_switches:"),
        switches(status, "nonvoluntary_ctxt_switches:"));
  }

  private static long switches(List<String> status, String field) {
    return status.stream()
        .filter(line -> line.startsWith(field))
        .mapToLong(line -> Long.parseLong(line.substring(field.length()).strip()))
        .findFirst()
        .orElse(0);
  }

  /** What that thread did since {@code before}; empty where it has ended. */
  Optional<Times> since(Threads before, long id) {
    Times now = byId.get(id);
    return Optional.ofNullable(now).map(t -> t.since(before.byId.getOrDefault(id, NONE)));
  }

  /** The thread that ran most since {@code before}: the loop. */
  Optional<Times> busiestSince(Threads before) {
    return byId.entrySet().stream()
        .map(e -> e.getValue().since(before.byId.getOrDefault(e.getKey(), NONE)))
        .max(Comparator.comparingLong(Times::ranNanos));
  }
}
