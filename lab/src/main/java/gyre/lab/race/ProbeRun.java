package gyre.lab.race;

import gyre.lab.result.Entry.Status;
import gyre.lab.result.Probe;
import gyre.lab.result.Sample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Looks at a process from outside while it works: samples where it is, counts its system calls. */
final class ProbeRun {
  private static final int SCRIPT_SECONDS = 20;

  /** Work that somebody looks at. */
  interface Work {
    Done go() throws PeerFailure;
  }

  /** What was done meanwhile. */
  record Done(long operations, long allocatedBytes) {}

  private final Tools tools;
  private final long pid;
  private final Path folder;

  private ProbeRun(Tools tools, long pid, Path folder) {
    this.tools = tools;
    this.pid = pid;
    this.folder = folder;
  }

  /**
   * Has {@code work} done under the eyes of all tools at once; but {@code strace}, which slows the
   * kernel down and so would be what others see, has a run of its own.
   */
  static Probe of(Tools tools, long pid, Work work) throws PeerFailure {
    Path folder = temporaryFolder();
    try {
      return new ProbeRun(tools, pid, folder).look(work);
    } finally {
      delete(folder);
    }
  }

  private Probe look(Work work) throws PeerFailure {
    Path samples = folder.resolve("samples");
    Path counts = folder.resolve("counts");
    List<List<String>> commands = new ArrayList<>();
    if (tools.samples()) {
      List<String> sampler =
          new ArrayList<>(Attached.sampler(pid, "cpu-clock", samples.toString()));
      sampler.addAll(List.of("-B", "-N")); // which files addresses are of, nobody asks
      commands.add(sampler);
    }
    if (tools.countsCalls()) {
      commands.add(looking(counts, "perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter"));
    }
    Done done = during(commands, work);
    double user = tools.samples() ? PerfOutput.userShare(addresses(samples)) : Double.NaN;
    double calls = Double.NaN;
    if (tools.countsCalls()) {
      calls = PerfOutput.count(lines(counts)) / done.operations();
    } else if (tools.traces()) {
      List<String> trace = looking(counts, "strace", "-c", "-f", "-q");
      long operations = during(List.of(trace), work).operations();
      calls = PerfOutput.tracedCalls(lines(counts)) / operations;
    }
    return new Probe(user, calls, perOperation(done));
  }

  private List<String> looking(Path output, String... tool) {
    List<String> command = new ArrayList<>(List.of(tool));
    command.addAll(List.of("-p", Long.toString(pid), "-o", output.toString()));
    return command;
  }

  private Done during(List<List<String>> commands, Work work) throws PeerFailure {
    try (Attached _ = Attached.start(pid, commands)) {
      return work.go();
    }
  }

  private static double perOperation(Done done) {
    return done.allocatedBytes() == Sample.UNKNOWN
        ? Double.NaN
        : (double) done.allocatedBytes() / done.operations();
  }

  /** Threads and addresses: to read the kernel's symbols too takes longer than all the rest. */
  private List<String> addresses(Path samples) {
    Path addresses = folder.resolve("addresses");
    try {
      Process script =
          new ProcessBuilder(scripted(samples))
              .redirectOutput(addresses.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!script.waitFor(SCRIPT_SECONDS, TimeUnit.SECONDS)) {
        script.destroyForcibly();
        return List.of();
      }
    } catch (IOException e) {
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
    return lines(addresses);
  }

  private static List<String> scripted(Path samples) {
    String file = samples.toString();
    return List.of("perf", "script", "-i", file, "-F", "comm,ip", "--kallsyms", "/dev/null");
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException | UncheckedIOException e) {
      return List.of();
    }
  }

  private static Path temporaryFolder() throws PeerFailure {
    try {
      return Files.createTempDirectory("gyre-lab");
    } catch (IOException e) {
      throw new PeerFailure(Status.FAILED, "no temporary folder: " + e.getMessage());
    }
  }

  private static void delete(Path folder) {
    try {
      for (String name : List.of("samples", "counts", "addresses")) {
        Files.deleteIfExists(folder.resolve(name));
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      // It is in the temporary folder: the system clears it.
    }
  }
}
