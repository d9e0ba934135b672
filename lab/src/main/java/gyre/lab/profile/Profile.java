package gyre.lab.profile;

import gyre.lab.Home;
import gyre.lab.LabException;
import gyre.lab.OutputFiles;
import gyre.lab.peer.Peer;
import gyre.lab.race.Bench;
import gyre.lab.race.Bout;
import gyre.lab.race.CpuTimes;
import gyre.lab.race.Pace;
import gyre.lab.workload.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Looks at one peer in four ways while it works, one way at a time. */
public final class Profile {
  private static final int MILLIS = 1500;

  private final Workload workload;
  private final Peer peer;
  private final Bench bench;
  private final Path folder;
  private final Looking looking;
  private final List<String> remarks = new ArrayList<>();

  private Profile(Workload workload, Peer peer, Bench bench, Path folder, Looking looking) {
    this.workload = workload;
    this.peer = peer;
    this.bench = bench;
    this.folder = folder;
    this.looking = looking;
  }

  /** The findings as text; pictures and raw figures are left in {@link #folder}. */
  public static String of(Home home, Workload workload, Peer peer, Bench bench) {
    String name = workload.name().replace('/', '-') + "-" + peer.name();
    Path folder = home.root().resolve("lab/target/profiles").resolve(name);
    try {
      empty(folder);
      Profile profile = new Profile(workload, peer, bench, folder, new Looking(home, folder));
      String text = profile.run();
      Files.writeString(folder.resolve("profile.txt"), text);
      return text + "\n" + profile.leftBehind();
    } catch (IOException e) {
      throw new LabException(
          "cannot write into " + folder + ": " + OutputFiles.reason(e) + "; remove it", e);
    }
  }

  /** Nothing that an earlier look has left is to be taken for what this one has seen. */
  private static void empty(Path folder) throws IOException {
    Files.createDirectories(folder);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }

  /** Only what limits it, in a word, and why. */
  public static String verdict(Home home, Workload workload, Peer peer, Bench bench) {
    return of(home, workload, peer, bench)
        .lines()
        .filter(line -> line.startsWith(Findings.VERDICT))
        .map(line -> line.substring(Findings.VERDICT.length()))
        .findFirst()
        .orElse("unknown");
  }

  private String run() {
    try (Bout bout = Bout.open(workload, peer, bench, Pace.DEFAULT)) {
      remarks.add(
          "cores: they may sleep here, unlike in a race, where to wake one takes less of the kernel's"
              + " time");
      if (!bout.isWarm()) {
        remarks.add("warming up: it was still being compiled, or still got faster");
      }
      String event = bench.tools().cycles() ? "cycles" : "cpu-clock";
      Threads atFirst = Threads.of(bout.pid());
      CpuTimes[] core = new CpuTimes[1];
      List<String> addresses =
          looking.sample(
              bout.pid(),
              event,
              () -> {
                CpuTimes before = CpuTimes.now(bench.serverCore());
                bout.work(MILLIS);
                core[0] = CpuTimes.now(bench.serverCore()).since(before);
              });
      double kernelShare = Samples.kernelShare(addresses);
      if (addresses.isEmpty()) {
        remarks.add("user and kernel time: perf cannot sample here");
      } else if (Double.isNaN(kernelShare)) {
        remarks.add(
            "the kernel: perf may not look at it (sysctl kernel.perf_event_paranoid=1, or be root),"
                + " so frames are of user space only");
      } else if (!bench.tools().cycles()) {
        remarks.add(
            "hardware counters: this machine gives none; samples are of cpu-clock, every 100 µs");
      }
      Frames frames = frames(bout, addresses);
      OffCpu offCpu = OffCpu.of(bout.pid(), atFirst, () -> bout.work(MILLIS));
      if (offCpu.places().isEmpty()) {
        remarks.add("where it waited: it did not, or /proc/PID/task/TID/wchan may not be read");
      }
      long[] called = new long[1];
      CallCounts calls = looking.calls(bout.pid(), () -> called[0] = bout.work(MILLIS));
      return new Findings(
              peer.name() + " at " + workload.name(),
              kernelShare,
              core[0],
              frames,
              offCpu,
              calls,
              called[0],
              remarks)
          .text();
    }
  }

  /** Of a JVM by async-profiler, which knows Java's frames; of others by what perf saw. */
  private Frames frames(Bout bout, List<String> addresses) {
    if (peer.isJvm()) {
      List<String> collapsed = looking.flames(bout.pid(), () -> bout.work(MILLIS));
      if (!collapsed.isEmpty()) {
        return Frames.parse(collapsed);
      }
      remarks.add(
          "Java frames: async-profiler did not attach; what it said is in "
              + folder.resolve("async-profiler.txt"));
    }
    return Samples.frames(addresses);
  }

  private String leftBehind() {
    Path flames = folder.resolve("flames.html");
    return Files.exists(flames) ? "flame graph: " + flames : "samples: " + folder;
  }
}
