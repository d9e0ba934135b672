package gyre.insight;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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

  private static final long MANY_DESCRIPTORS = 10_000;
  private static final long RECOUNT_NANOS = 60_000_000_000L;

  /** Most files of the kernel are smaller. */
  private static final int FIRST_READ_BYTES = 2048;

  private final Path root;

  /** Of the process that was asked for last, where they had to be listed. */
  private volatile @Nullable Counted counted;

  /** Of the process that was asked for last. */
  private volatile @Nullable Statistics statistics;

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
      return Optional.of(read(file).strip());
    } catch (IOException | SecurityException e) {
      return Optional.empty();
    }
  }

  /** What is read again and again is not to leave a large buffer behind each time. */
  private static String read(InputStream file) throws IOException {
    byte[] bytes = new byte[FIRST_READ_BYTES];
    int length = 0;
    for (int count = 0; count >= 0; count = file.read(bytes, length, bytes.length - length)) {
      length += count;
      if (length == bytes.length) {
        bytes = Arrays.copyOf(bytes, 2 * length);
      }
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
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
    return value(text(path).stream().flatMap(String::lines), key);
  }

  private static OptionalLong value(Stream<String> lines, String key) {
    return lines
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

  /**
   * Time in which this virtual machine could have run and its host ran others: what a processor of
   * it has lost on average.
   */
  public long stolenNanos() {
    int processors = 0;
    long ticks = 0;
    for (String line : text("/proc/stat").orElse("").split("\n", -1)) {
      if (!line.startsWith("cpu")) {
        break; // they come first, and what follows is long
      }
      if (line.startsWith("cpu ")) {
        String[] words = line.split(" +", -1);
        ticks = words.length > 8 ? Long.parseLong(words[8]) : 0;
      } else {
        processors++;
      }
    }
    return ticks * NANOS_PER_TICK / Math.max(1, processors);
  }

  /**
   * Time in which the CPU limit of the control group, or of one that it is in, stopped a process; 0
   * where none is known.
   */
  public long throttledNanos(long pid) {
    long most = 0;
    for (String file : cpuStatistics(pid)) {
      String told = text(file).orElse("");
      long micros = value(told.lines(), "throttled_usec").orElse(0);
      long nanos = value(told.lines(), "throttled_time").orElse(0);
      most = Math.max(most, Math.max(micros * 1000, nanos));
    }
    return most;
  }

  private record Statistics(long pid, List<String> files, long takenNanos) {}

  /** Processes seldom move to other groups. */
  private List<String> cpuStatistics(long pid) {
    Statistics known = statistics;
    if (known == null || known.pid != pid || System.nanoTime() - known.takenNanos > RECOUNT_NANOS) {
      List<String> files =
          cpuGroups(pid).stream().map(folder -> folder + "/cpu.stat").filter(this::has).toList();
      known = new Statistics(pid, files, System.nanoTime());
      statistics = known;
    }
    return known.files;
  }

  /**
   * Where the CPU controller of a process may be, in both versions: the innermost group first, and
   * then those that it is in, whose limits hold as well.
   */
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
    Set<String> folders = new LinkedHashSet<>();
    addWithParents(folders, "/sys/fs/cgroup/" + controller, own);
    addWithParents(folders, "/sys/fs/cgroup/cpu,cpuacct", own);
    addWithParents(folders, "/sys/fs/cgroup", unified);
    return List.copyOf(folders);
  }

  private static void addWithParents(Set<String> folders, String root, String path) {
    String rest = path;
    while (rest.length() > 1) {
      folders.add(root + rest);
      rest = rest.substring(0, Math.max(0, rest.lastIndexOf('/')));
    }
    folders.add(root);
  }

  // ---- descriptors

  private record Counted(long pid, long number, long takenNanos) {}

  /**
   * How many a process has open. Since Linux 6.2 the kernel tells the number; before, they have to
   * be listed, which is done at most once a minute where there are many.
   */
  public OptionalLong openDescriptors(long pid) {
    Path folder = descriptors(pid);
    try {
      long told = Files.size(folder);
      if (told > 0 && isOfKernel()) {
        return OptionalLong.of(told);
      }
    } catch (IOException | SecurityException e) {
      return OptionalLong.empty();
    }
    Counted known = counted;
    if (known != null
        && known.pid == pid
        && known.number > MANY_DESCRIPTORS
        && System.nanoTime() - known.takenNanos < RECOUNT_NANOS) {
      return OptionalLong.of(known.number);
    }
    OptionalLong number = list(folder);
    counted = new Counted(pid, number.orElse(0), System.nanoTime());
    return number;
  }

  /** A link for each descriptor of a process. */
  Path descriptors(long pid) {
    return root.resolve("proc").resolve(Long.toString(pid)).resolve("fd");
  }

  /** A directory of a test has a size too, which is no number of entries. */
  private boolean isOfKernel() {
    return root.equals(Path.of("/"));
  }

  private static OptionalLong list(Path folder) {
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
