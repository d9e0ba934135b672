package gyre.lab.profile;

import gyre.lab.Home;
import gyre.lab.LabException;
import gyre.lab.OutputFiles;
import gyre.lab.profile.ProcessFindings.Sight;
import gyre.lab.profile.ProcessFindings.ThreadShare;
import gyre.lab.race.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Looks at any running process in four ways, one after the other, each for as long. */
public final class ProcessProfile {
  private static final int LOOKS = 3;
  private static final int PAUSE_MILLIS = 20;

  /** For who it has started: those that live for less are known if they were waited for. */
  private static final int PAUSES_A_LOOK = 10;

  private static final double TICKS_A_SECOND = 100;

  private final long pid;
  private final int millis;
  private final boolean mayStrace;
  private final Path folder;
  private final Looking looking;
  private final Tools tools;
  private final List<String> remarks = new ArrayList<>();
  private final Family family;

  private ProcessProfile(
      long pid, int millis, boolean mayStrace, Path folder, @Nullable Home home, Tools tools) {
    this.pid = pid;
    this.millis = millis;
    this.mayStrace = mayStrace;
    this.folder = folder;
    this.looking = new Looking(home, folder);
    this.tools = tools;
    this.family = new Family(pid);
  }

  /**
   * Looks for about {@code seconds}; less where the process ends before.
   *
   * @param mayStrace whether it may be stopped at each system call, where nothing better is there
   * @param folder for the flame graph and what tools have written
   * @param home where the lab has async-profiler, if it is known
   */
  public static ProcessFindings of(
      long pid, double seconds, boolean mayStrace, Path folder, Optional<Home> home) {
    if (!Files.isDirectory(Path.of("/proc/" + pid))) {
      throw new LabException("there is no process " + pid);
    }
    try {
      Files.createDirectories(folder);
      int millis = (int) (seconds * 1000 / LOOKS);
      return new ProcessProfile(pid, millis, mayStrace, folder, home.orElse(null), Tools.find())
          .run();
    } catch (IOException e) {
      throw new LabException("cannot write into " + folder + ": " + OutputFiles.reason(e), e);
    }
  }

  private ProcessFindings run() throws IOException {
    String title = "process " + pid + "  " + command();
    long start = System.nanoTime();
    Threads atFirst = Threads.of(pid);
    long[] ticks = ticks();
    Frames seen = new Frames(Map.of());
    double kernelShare = Double.NaN;
    String framesBy = "nothing could look";
    boolean isJvm = isJvm();
    if (isJvm && looking.hasAsyncProfiler()) {
      seen = Frames.parse(looking.flames(pid, this::work));
      framesBy = "async-profiler";
    }
    if (isJvm && seen.total() == 0) {
      remarks.add(
          "async-profiler: "
              + (looking.hasAsyncProfiler()
                  ? "it did not attach; see async-profiler.txt in the folder"
                  : "the lab has none (a work tree in which ./gyre lab has built its Java peers"
                      + " has)")
              + "; frames are those of the Flight Recorder, which sees Java alone");
      seen = JfrStacks.record(pid, folder, this::work);
      framesBy = "Flight Recorder";
      draw(title, seen);
    }
    if (seen.total() == 0 && tools.samples()) {
      seen = PerfStacks.parse(looking.stacks(pid, this::work));
      framesBy = "perf";
      kernelShare = PerfStacks.kernelShare(seen);
      draw(title, seen);
    }
    if (seen.total() == 0) {
      framesBy = "nothing was seen";
    }
    OffCpu offCpu =
        OffCpu.of(
            pid,
            atFirst,
            () -> {
              work();
              return 0;
            });
    if (offCpu.places().isEmpty()) {
      remarks.add("where it waited: it did not, or /proc/PID/task/TID/wchan may not be read");
    }
    Threads atLast = Threads.of(pid);
    double elapsed = Math.max(1, System.nanoTime() - start);
    long began = System.nanoTime();
    CallCounts calls = calls();
    double callSeconds = (System.nanoTime() - began) / 1e9;
    // Sampling is finer than ticks, but is not everywhere.
    double share = Double.isNaN(kernelShare) ? kernelShare(ticks, ticks()) : kernelShare;
    if (!isAlive()) {
      remarks.add("it has ended while it was looked at: later looks saw less, or nothing");
    }
    Family.Use children = family.use((System.nanoTime() - start) / 1e9);
    tools.advice().forEach(remarks::add);
    List<ThreadShare> threads = shares(atFirst, atLast, elapsed);
    double cores = threads.stream().mapToDouble(ThreadShare::ran).sum();
    return new ProcessFindings(
        title,
        share,
        cores,
        threads,
        new Sight(seen, offCpu, calls),
        framesBy,
        Math.min(callSeconds, millis / 1e3),
        children,
        remarks);
  }

  private void draw(String title, Frames frames) throws IOException {
    if (frames.total() > 0) {
      Files.writeString(folder.resolve("flames.html"), FlameGraph.html(title, frames));
    }
  }

  private CallCounts calls() {
    if (tools.countsCalls()) {
      return looking.tracedByPerf(pid, this::work);
    }
    if (mayStrace && tools.traces()) {
      remarks.add("system calls: strace stopped it at each of them, so it was slower meanwhile");
      return looking.tracedByStrace(pid, this::work);
    }
    if (tools.traces()) {
      remarks.add(
          "system calls: perf can't count them here; --strace has strace do it, which slows the"
              + " process down meanwhile");
    }
    return new CallCounts(Map.of());
  }

  private static List<ThreadShare> shares(Threads first, Threads last, double elapsed) {
    List<ThreadShare> shares = new ArrayList<>();
    for (Threads.Times each : last.byId().values()) {
      last.since(first, each.id())
          .ifPresent(times ->
              shares.add(
                  new ThreadShare(
                      times.name(), times.ranNanos() / elapsed, times.delayedNanos() / elapsed)));
    }
    shares.sort(Comparator.comparingDouble(ThreadShare::ran).reversed());
    return shares;
  }

  /** Of a process user and kernel time, in ticks. */
  private long[] ticks() {
    try {
      return ticks(Files.readString(Path.of("/proc/" + pid + "/stat")));
    } catch (IOException e) {
      return new long[] {0, 0};
    }
  }

  /** The name may hold blanks and brackets. */
  static long[] ticks(String stat) {
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return new long[] {Long.parseLong(fields[11]), Long.parseLong(fields[12])};
  }

  /** NaN where it ran for less than a tenth of a second: ticks are too rough then. */
  static double kernelShare(long[] before, long[] after) {
    long user = after[0] - before[0];
    long kernel = after[1] - before[1];
    return user + kernel < TICKS_A_SECOND / 10 ? Double.NaN : (double) kernel / (user + kernel);
  }

  private String command() {
    try {
      String line = Files.readString(Path.of("/proc/" + pid + "/cmdline")).replace('\0', ' ');
      return line.length() > 160 ? line.substring(0, 160) + "…" : line;
    } catch (IOException e) {
      return "";
    }
  }

  private boolean isJvm() {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/maps")).contains("/libjvm.so");
    } catch (IOException e) {
      remarks.add("whether it is a JVM may not be seen: be its user, or root");
      return false;
    }
  }

  private boolean isAlive() {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  /** Lets it work, until the time is over or it has ended. */
  private void work() {
    long deadline = System.nanoTime() + millis * 1_000_000L;
    try {
      for (int i = 0; System.nanoTime() < deadline && isAlive(); i++) {
        if (i % PAUSES_A_LOOK == 0) {
          family.look();
        }
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
