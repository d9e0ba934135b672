package gyre.lab.race;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a core did, in ticks: the line of {@code /proc/stat}. */
public record CpuTimes(long user, long system, long idle, long softirq, long stolen) {
  public static CpuTimes now(int core) {
    try {
      return of(Files.readAllLines(Path.of("/proc/stat")), core);
    } catch (IOException e) {
      return new CpuTimes(0, 0, 0, 0, 0);
    }
  }

  public static CpuTimes of(List<String> lines, int core) {
    for (String line : lines) {
      if (line.startsWith("cpu" + core + " ")) {
        String[] f = line.split("\\s+", -1);
        return new CpuTimes(
            number(f, 1) + number(f, 2),
            number(f, 3),
            number(f, 4) + number(f, 5),
            number(f, 6) + number(f, 7),
            number(f, 8));
      }
    }
    return new CpuTimes(0, 0, 0, 0, 0);
  }

  private static long number(String[] fields, int index) {
    return Long.parseLong(fields[index]);
  }

  public CpuTimes since(CpuTimes before) {
    return new CpuTimes(
        user - before.user,
        system - before.system,
        idle - before.idle,
        softirq - before.softirq,
        stolen - before.stolen);
  }

  public long total() {
    return user + system + idle + softirq + stolen;
  }

  public double share(long part) {
    return total() == 0 ? Double.NaN : (double) part / total();
  }
}
