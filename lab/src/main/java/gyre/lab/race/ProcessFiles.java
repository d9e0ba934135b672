package gyre.lab.race;

import gyre.lab.result.Sample;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What {@code /proc} tells of a process. */
public final class ProcessFiles {
  private static final long KIBIBYTE = 1024;

  private static final long NO_LIMIT = Long.MAX_VALUE / 2;

  /** Names of threads are cut off after 15 letters. */
  private static final Pattern COMPILER = Pattern.compile("C[12] Compiler|JVMCI");

  private ProcessFiles() {}

  public static long rssBytes(long pid) {
    return bytesOf("/proc/" + pid + "/status", "VmRSS:");
  }

  /** Resident memory that belongs to no file: heaps, stacks, rings, buffers. */
  static long anonymousBytes(long pid) {
    // Not from status: it leaves out what each core has not reported yet, hundreds of pages.
    String file = "/proc/" + pid + "/smaps_rollup";
    long anonymous = bytesOf(file, "Pss_Anon:");
    long shared = bytesOf(file, "Pss_Shmem:");
    return anonymous == Sample.UNKNOWN || shared == Sample.UNKNOWN
        ? Sample.UNKNOWN
        : anonymous + shared;
  }

  /** Whether a tool has opened what it counts by (perf), or needs nothing of the kind. */
  static boolean observes(long pid) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
      for (Path file : files) {
        if (Files.readSymbolicLink(file).toString().contains("perf_event")) {
          return true;
        }
      }
      return false;
    } catch (IOException | DirectoryIteratorException e) {
      return false;
    }
  }

  /** Whether another process traces this one. */
  static boolean isTraced(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
          .anyMatch(line -> line.startsWith("TracerPid:") && !line.endsWith("\t0"));
    } catch (IOException e) {
      return false;
    }
  }

  private static long bytesOf(String file, String field) {
    try {
      return statusBytes(Files.readAllLines(Path.of(file)), field);
    } catch (IOException e) {
      return Sample.UNKNOWN;
    }
  }

  static long statusBytes(List<String> lines, String field) {
    return lines.stream()
        .filter(line -> line.startsWith(field))
        .map(line -> line.replaceAll("[^0-9]", ""))
        .mapToLong(digits -> Long.parseLong(digits) * KIBIBYTE)
        .findFirst()
        .orElse(Sample.UNKNOWN);
  }

  /** What programs may still take without others having to give way; much where nobody says. */
  public static long availableMemoryBytes() {
    long ofMachine = bytesOf("/proc/meminfo", "MemAvailable:");
    long limitOfGroup = numberIn("/sys/fs/cgroup/memory.max", NO_LIMIT);
    long ofGroup = limitOfGroup - numberIn("/sys/fs/cgroup/memory.current", 0);
    return Math.min(ofMachine == Sample.UNKNOWN ? NO_LIMIT : ofMachine, ofGroup);
  }

  /** The number that a file consists of. */
  private static long numberIn(String file, long otherwise) {
    try {
      return Long.parseLong(Files.readString(Path.of(file)).strip());
    } catch (IOException | NumberFormatException e) {
      return otherwise;
    }
  }

  /** CPU time of all threads that are alive, in nanoseconds where the kernel counts them. */
  public static long cpuNanos(long pid) {
    long total = 0;
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
      for (Path thread : threads) {
        total += threadNanos(thread);
      }
      return total;
    } catch (IOException | DirectoryIteratorException e) {
      return Sample.UNKNOWN;
    }
  }

  /** CPU time of a process with its threads that have ended, in hundredths of a second. */
  public static long cpuTicks(long pid) {
    try {
      return cpuTicks(Files.readString(Path.of("/proc/" + pid + "/stat")));
    } catch (IOException e) {
      return 0; // It has ended, which whoever asks it next is told.
    }
  }

  /** The name may hold blanks and brackets. */
  static long cpuTicks(String stat) {
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
  }

  /**
   * CPU time of the threads that compile on a JVM; those that have ended no longer count. What a
   * JVM itself says of its compilers leaves out what is not finished.
   */
  static long compilerNanos(long pid) {
    long total = 0;
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
      for (Path thread : threads) {
        total += isCompiler(thread) ? threadNanos(thread) : 0;
      }
      return total;
    } catch (IOException | DirectoryIteratorException e) {
      return 0; // Whoever asks for something else of it next is told that it has ended.
    }
  }

  private static boolean isCompiler(Path thread) {
    try {
      return isCompiler(Files.readString(thread.resolve("comm")));
    } catch (IOException e) {
      return false; // It ended in this moment.
    }
  }

  static boolean isCompiler(String nameOfThread) {
    return COMPILER.matcher(nameOfThread).lookingAt();
  }

  private static long threadNanos(Path thread) {
    try {
      return scheduledNanos(Files.readString(thread.resolve("schedstat")));
    } catch (IOException e) {
      return 0; // It ended in this moment.
    }
  }

  /** The first of three numbers: time on a core. */
  static long scheduledNanos(String schedstat) {
    return Long.parseLong(schedstat.substring(0, schedstat.indexOf(' ')));
  }

  /** The hard limit of descriptors, to which programs raise the soft one. */
  static long descriptors(List<String> limits) {
    for (String line : limits) {
      if (line.startsWith("Max open files")) {
        String[] words = line.split("\\s+", -1);
        String hard = words[4];
        return hard.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(hard);
      }
    }
    return Long.MAX_VALUE;
  }

  /** Those that this process may run on, at least one. */
  public static int[] allowedCores() {
    try {
      return allowedCores(Files.readAllLines(Path.of("/proc/self/status")));
    } catch (IOException e) {
      return new int[] {0};
    }
  }

  /** From a list as in {@code 0-3,6}. */
  static int[] allowedCores(List<String> status) {
    String field = "Cpus_allowed_list:";
    return status.stream()
        .filter(line -> line.startsWith(field))
        .flatMapToInt(line -> numbers(line.substring(field.length())))
        .toArray();
  }

  private static IntStream numbers(String ranges) {
    return Stream.of(ranges.strip().split(",", -1))
        .map(range -> range.split("-", -1))
        .flatMapToInt(ends ->
            IntStream.rangeClosed(
                Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])));
  }

  /** Whether two processors are threads of the same core. */
  static boolean isSameCore(int one, int other) {
    String file = "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list".formatted(one);
    try {
      return one == other || isListed(Files.readString(Path.of(file)), other);
    } catch (IOException e) {
      return false;
    }
  }

  static boolean isListed(String ranges, int number) {
    return numbers(ranges).anyMatch(listed -> listed == number);
  }

  public static long descriptors() {
    try {
      return descriptors(Files.readAllLines(Path.of("/proc/self/limits")));
    } catch (IOException e) {
      return Long.MAX_VALUE;
    }
  }
}
