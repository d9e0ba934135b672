package gyre.lab.race;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What this machine lends for looking closer, and what to do about what it does not.
 *
 * @param samples whether {@code perf record} works on processes of ours
 * @param cycles whether it can count those of the processor, which most virtual machines hide
 * @param countsCalls whether {@code perf stat} sees system calls
 * @param traces whether {@code strace} is there, which sees them too, but slows everything down
 */
public record Tools(
    boolean samples, boolean cycles, boolean countsCalls, boolean traces, List<String> advice) {
  public static final Tools NONE = new Tools(false, false, false, false, List.of());

  public static Tools find() {
    List<String> advice = new ArrayList<>();
    // Of the kernel alone: without permission for that, perf would leave it out, and say nothing.
    boolean samples =
        succeeds("perf", "record", "-q", "-e", "cpu-clock:k", "-o", "/dev/null", "true");
    if (!samples) {
      advice.add(
          "no user-space share: perf is "
              + (isThere("perf")
                  ? "not permitted (sysctl kernel.perf_event_paranoid=1, or be root)"
                  : "not there (apt-get install linux-perf)"));
    }
    boolean counts = succeeds("perf", "stat", "-e", "raw_syscalls:sys_enter", "true");
    boolean traces = isThere("strace") && mayTrace();
    if (!counts && !traces) {
      advice.add(
          "no system calls per operation: perf sees no tracepoints (mount -t tracefs none"
              + " /sys/kernel/tracing, as root), and strace is "
              + (isThere("strace")
                  ? "not permitted (sysctl kernel.yama.ptrace_scope=0, or be root)"
                  : "not there (apt-get install strace)"));
    }
    return new Tools(samples, samples && hasCycles(), counts, traces, List.copyOf(advice));
  }

  /**
   * Processes that are not its own children; where nobody restricts that, those of the same user.
   */
  private static boolean mayTrace() {
    try {
      Path scope = Path.of("/proc/sys/kernel/yama/ptrace_scope");
      return Files.notExists(scope)
          || Files.readString(scope).strip().equals("0")
          || "root".equals(System.getProperty("user.name"));
    } catch (IOException e) {
      return true; // it will be seen
    }
  }

  /** Asked for what it cannot count, perf says so and succeeds. */
  private static boolean hasCycles() {
    try {
      Process process =
          new ProcessBuilder("perf", "stat", "-x,", "-e", "cycles", "true")
              .redirectErrorStream(true)
              .start();
      List<String> lines = process.inputReader().lines().toList();
      return process.waitFor() == 0 && PerfOutput.count(lines) > 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  static boolean isThere(String program) {
    String path = System.getenv().getOrDefault("PATH", "");
    for (String folder : path.split(":", -1)) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  private static boolean succeeds(String... command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
