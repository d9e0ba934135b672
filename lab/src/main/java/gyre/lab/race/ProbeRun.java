package gyre.lab.race;

import gyre.lab.result.Probe;
import gyre.lab.result.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks at a process from outside while it works: samples where it is, counts its system calls. */
final class ProbeRun implements AutoCloseable {
  private static final String SAMPLES_PER_SECOND = "9973";
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long ATTACH_NANOS = 2_000_000_000L;
  private static final int PAUSE_MILLIS = 30;

  private final Path folder;
  private final @Nullable Child sampler;
  private final @Nullable Child counter;
  private final boolean traced;

  private ProbeRun(Path folder, @Nullable Child sampler, @Nullable Child counter, boolean traced) {
    this.folder = folder;
    this.sampler = sampler;
    this.counter = counter;
    this.traced = traced;
  }

  static ProbeRun start(Tools tools, long pid) throws PeerFailure {
    Path folder = temporaryFolder();
    String process = Long.toString(pid);
    Child sampler = null;
    Child counter = null;
    if (tools.samples()) {
      String to = folder.resolve("samples").toString();
      sampler =
          Child.start(
              "perf",
              List.of(
                  "perf",
                  "record",
                  "-q",
                  "--no-bpf-event", // Its thread takes a second to end, a build id nobody needs
                  // too.
                  "--no-buildid",
                  "-e",
                  "cpu-clock",
                  "-F",
                  SAMPLES_PER_SECOND,
                  "-p",
                  process,
                  "-o",
                  to));
    }
    String counts = folder.resolve("counts").toString();
    if (tools.countsCalls()) {
      counter =
          Child.start(
              "perf",
              List.of(
                  "perf",
                  "stat",
                  "-x,",
                  "-e",
                  "raw_syscalls:sys_enter",
                  "-p",
                  process,
                  "-o",
                  counts));
    } else if (tools.traces()) {
      counter =
          Child.start("strace", List.of("strace", "-c", "-f", "-q", "-p", process, "-o", counts));
    }
    awaitAttached(sampler);
    awaitAttached(counter);
    return new ProbeRun(folder, sampler, counter, !tools.countsCalls());
  }

  /** What was seen in the time since the start, in which so many operations were done. */
  Probe end(long operations, long allocatedBytes) throws PeerFailure {
    stop(sampler);
    stop(counter);
    double calls = Double.NaN;
    if (counter != null) {
      List<String> lines = lines(folder.resolve("counts"));
      calls = traced ? PerfOutput.tracedCalls(lines) : PerfOutput.count(lines);
    }
    return new Probe(
        sampler == null ? Double.NaN : userShare(),
        calls / operations,
        allocatedBytes == Sample.UNKNOWN ? Double.NaN : (double) allocatedBytes / operations);
  }

  private double userShare() throws PeerFailure {
    Path addresses = folder.resolve("addresses");
    try {
      new ProcessBuilder("perf", "script", "-i", folder.resolve("samples").toString(), "-F", "ip")
          .redirectOutput(addresses.toFile())
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      return Double.NaN;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Double.NaN;
    }
    return PerfOutput.userShare(lines(addresses));
  }

  private static void stop(@Nullable Child child) {
    if (child == null) {
      return;
    }
    child.interrupt();
    try {
      child.await(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Until the tool looks at the process; nothing tells, but it shows. */
  private static void awaitAttached(@Nullable Child tool) {
    if (tool == null) {
      return;
    }
    long deadline = System.nanoTime() + ATTACH_NANOS;
    while (System.nanoTime() < deadline && !ProcessFiles.observes(tool.pid())) {
      pause();
    }
    pause();
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Path temporaryFolder() throws PeerFailure {
    try {
      return Files.createTempDirectory("gyre-lab");
    } catch (IOException e) {
      throw new PeerFailure(
          gyre.lab.result.Entry.Status.FAILED, "no temporary folder: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    for (Child child : new Child[] {sampler, counter}) {
      if (child != null) {
        child.close();
      }
    }
    for (String name : List.of("samples", "counts", "addresses")) {
      try {
        Files.deleteIfExists(folder.resolve(name));
      } catch (IOException e) {
        // It is in the temporary folder: the system clears it.
      }
    }
    try {
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      // As above.
    }
  }
}
