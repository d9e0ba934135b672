package gyre.insight;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the files below {@code /proc} and {@code /sys} tell of the machine and of processes on it.
 * What can't be read is absent: other systems have none of them.
 *
 * <p>The root of the files is said by who makes it, so that tests have machines of their own.
 */
public final class Machine {
  /** The one that this runs on. */
  public static final Machine REAL = new Machine(Path.of("/"));

  private static final long NANOS_PER_TICK = 10_000_000;

  private final Path root;

  /** One whose files lie below {@code root}. */
  public static Machine below(Path root) {
    return new Machine(root);
  }

  private Machine(Path root) {
    this.root = root;
  }

  /** The content of a file, without blanks around it. */
  public Optional<String> text(String path) {
    // Of a setting with several values the kernel tells the first read all, and the next nothing;
    // Files.readString begins with a small read.
    try (InputStream file = Files.newInputStream(root.resolve(path.substring(1)))) {
      return Optional.of(new String(file.readAllBytes(), StandardCharsets.UTF_8).strip());
    } catch (IOException | SecurityException e) {
      return Optional.empty();
    }
  }

  /** The number that a file consists of. */
  public OptionalLong number(String path) {
    try {
      return text(path).map(Long::parseLong).map(OptionalLong::of).orElse(OptionalLong.empty());
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  public boolean has(String path) {
    return Files.exists(root.resolve(path.substring(1)));
  }

  /** The number behind a key, in a file with one pair a line. */
  public OptionalLong value(String path, String key) {
    return text(path).stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(key.length()).strip().split("\\s+", -1)[0])
        .filter(word -> word.matches("-?[0-9]{1,18}"))
        .mapToLong(Long::parseLong)
        .findFirst();
  }

  // ---- a thread

  /**
   * What the scheduler knows of a thread.
   *
   * @param state as in {@code ps}: R runs or could, S and D wait in the kernel
   * @param ranNanos on a processor
   * @param waitedNanos ready to run, and others had the processors
   */
  public record ThreadTimes(char state, long ranNanos, long waitedNanos) {}

  public Optional<ThreadTimes> thread(long pid, long thread) {
    String folder = "/proc/" + pid + "/task/" + thread;
    Optional<String> times = text(folder + "/schedstat");
    Optional<String> stat = text(folder + "/stat");
    if (times.isEmpty() || stat.isEmpty()) {
      return Optional.empty();
    }
    String[] words = times.get().split(" ", -1);
    int afterName = stat.get().lastIndexOf(')') + 2;
    if (words.length < 2 || afterName >= stat.get().length()) {
      return Optional.empty();
    }
    return Optional.of(
        new ThreadTimes(
            stat.get().charAt(afterName), Long.parseLong(words[0]), Long.parseLong(words[1])));
  }

  // ---- what other machines and groups take

  /** Time in which this virtual machine could have run and its host ran others, of all CPUs. */
  public long stolenNanos() {
    return text("/proc/stat").stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith("cpu "))
        .map(line -> line.split("\\s+", -1))
        .filter(words -> words.length > 8)
        .mapToLong(words -> Long.parseLong(words[8]) * NANOS_PER_TICK)
        .findFirst()
        .orElse(0);
  }

  /** Time in which the CPU limit of the control group stopped a process; 0 where none is known. */
  public long throttledNanos(long pid) {
    for (String folder : cpuGroups(pid)) {
      OptionalLong micros = value(folder + "/cpu.stat", "throttled_usec");
      if (micros.isPresent()) {
        return micros.getAsLong() * 1000;
      }
      OptionalLong nanos = value(folder + "/cpu.stat", "throttled_time");
      if (nanos.isPresent()) {
        return nanos.getAsLong();
      }
    }
    return 0;
  }

  /** Where the CPU controller of a process may be, the likeliest first; both versions. */
  public List<String> cpuGroups(long pid) {
    return groups(pid, "cpu");
  }

  /** The same for the one of memory. */
  public List<String> memoryGroups(long pid) {
    return groups(pid, "memory");
  }

  private List<String> groups(long pid, String controller) {
    String unified = "";
    String own = "";
    for (String line : text("/proc/" + pid + "/cgroup").orElse("").lines().toList()) {
      String[] parts = line.split(":", 3);
      if (parts.length == 3 && parts[1].isEmpty()) {
        unified = parts[2];
      } else if (parts.length == 3 && List.of(parts[1].split(",", -1)).contains(controller)) {
        own = parts[2];
      }
    }
    String v1 = "/sys/fs/cgroup/" + controller;
    return List.of(
        v1 + tail(own),
        v1,
        "/sys/fs/cgroup/cpu,cpuacct" + tail(own),
        "/sys/fs/cgroup" + tail(unified),
        "/sys/fs/cgroup");
  }

  private static String tail(String path) {
    return path.equals("/") ? "" : path;
  }

  // ---- descriptors

  /** How many a process has open. */
  public OptionalLong openDescriptors(long pid) {
    Path folder = root.resolve("proc").resolve(Long.toString(pid)).resolve("fd");
    long number = 0;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path ignored : entries) {
        number++;
      }
    } catch (IOException | SecurityException e) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(number);
  }

  /** How many it may have. */
  public OptionalLong descriptorLimit(long pid) {
    return value("/proc/" + pid + "/limits", "Max open files");
  }

  /** Resident memory of a process. */
  public OptionalLong residentBytes(long pid) {
    OptionalLong kilobytes = value("/proc/" + pid + "/status", "VmRSS:");
    return kilobytes.isPresent() ? OptionalLong.of(kilobytes.getAsLong() << 10) : kilobytes;
  }
}
