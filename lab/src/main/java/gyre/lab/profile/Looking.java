package gyre.lab.profile;

import gyre.lab.Home;
import gyre.lab.LabException;
import gyre.lab.race.Attached;
import gyre.lab.race.PeerFailure;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The tools that look at a process while something is done. What a tool cannot do is empty. */
final class Looking {
  private static final int PATIENCE_SECONDS = 20;

  private final @Nullable Home home;
  private final Path folder;

  /**
   * @param home where async-profiler is, if there is one
   */
  Looking(@Nullable Home home, Path folder) {
    this.home = home;
    this.folder = folder;
    forget();
  }

  /** What an earlier look has left would be taken for what a tool that fails now has seen. */
  private void forget() {
    for (String name : List.of("perf.data", "perf.txt", "calls.txt", "stacks.txt", "flames.html")) {
      try {
        boolean ignored = Files.deleteIfExists(folder.resolve(name));
      } catch (IOException e) {
        throw new LabException("cannot delete " + folder.resolve(name) + ": " + e.getMessage(), e);
      }
    }
  }

  /** Where it is, ten thousand times in a second of {@code event}. */
  List<String> sample(long pid, String event, Runnable work) {
    String data = folder.resolve("perf.data").toString();
    during(pid, Attached.sampler(pid, event, data), work);
    Path text = folder.resolve("perf.txt");
    runTo(text, "perf", "script", "-i", data, "-F", "ip,sym");
    return lines(text);
  }

  /** As {@link #sample}, with the stacks, a thousand times in a second; outermost frames first. */
  List<String> stacks(long pid, Runnable work) {
    String data = folder.resolve("perf.data").toString();
    List<String> command = new ArrayList<>(Attached.sampler(pid, "cpu-clock", data));
    command.set(command.indexOf("-F") + 1, "997");
    command.add("-g");
    during(pid, command, work);
    Path text = folder.resolve("perf.txt");
    runTo(text, "perf", "script", "-i", data, "-F", "comm,ip,sym");
    return lines(text);
  }

  /** Its system calls by name. */
  CallCounts calls(long pid, Runnable work) {
    CallCounts counts = tracedByPerf(pid, work);
    return counts.total() == 0 ? tracedByStrace(pid, work) : counts;
  }

  /** Slows it down by little. */
  CallCounts tracedByPerf(long pid, Runnable work) {
    Path table = folder.resolve("calls.txt");
    during(pid, calls(pid, table, "perf", "trace", "-s"), work);
    return CallCounts.ofPerfTrace(lines(table));
  }

  /** Stops it at each call. */
  CallCounts tracedByStrace(long pid, Runnable work) {
    Path table = folder.resolve("calls.txt");
    during(pid, calls(pid, table, "strace", "-c", "-f", "-q"), work);
    return CallCounts.ofStrace(lines(table));
  }

  private static List<String> calls(long pid, Path to, String... tool) {
    List<String> command = new ArrayList<>(List.of(tool));
    command.addAll(List.of("-p", Long.toString(pid), "-o", to.toString()));
    return command;
  }

  /** Whether it can look at frames of Java by itself. */
  boolean hasAsyncProfiler() {
    return home != null && !asyncProfilerJar(home).isEmpty();
  }

  private static String asyncProfilerJar(Home home) {
    try (Stream<Path> jars = Files.list(home.javaPeers().resolve("target/lib"))) {
      return jars.map(Path::toString)
          .filter(name -> name.contains("ap-loader"))
          .findFirst()
          .orElse("");
    } catch (IOException e) {
      return "";
    }
  }

  /** Stacks of a JVM, one collapsed stack a line; the flame graph is left in the folder. */
  List<String> flames(long pid, Runnable work) {
    Path stacks = folder.resolve("stacks.txt");
    asyncProfiler(pid, "start", "-e", "cpu", "-i", "200us");
    work.run();
    asyncProfiler(pid, "dump", "-o", "collapsed", "-f", stacks.toString());
    asyncProfiler(pid, "stop", "-o", "flamegraph", "-f", folder.resolve("flames.html").toString());
    return lines(stacks);
  }

  private void asyncProfiler(long pid, String... arguments) {
    Home tree = home;
    String jar = tree == null ? "" : asyncProfilerJar(tree);
    if (tree == null || jar.isEmpty()) {
      return; // Without it the attribution is perf's, and says so.
    }
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Path tool = tree.javaPeers().resolve("target/async-profiler");
    Stream<String> command =
        Stream.of(
                // Its own choice is the user's home, which not everybody has.
                Stream.of(java, "-Dap_loader_extraction_dir=" + tool, "-jar", jar, "profiler"),
                Stream.of(arguments),
                Stream.of(Long.toString(pid)))
            .flatMap(words -> words);
    File said = folder.resolve("async-profiler.txt").toFile();
    run(
        new ProcessBuilder(command.toArray(String[]::new))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(said)));
  }

  /** Without the tool the work is done all the same. */
  private static void during(long pid, List<String> tool, Runnable work) {
    try (Attached _ = Attached.start(pid, List.of(tool))) {
      work.run();
    } catch (PeerFailure e) {
      work.run();
    }
  }

  private static void runTo(Path output, String... command) {
    run(
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD));
  }

  private static void run(ProcessBuilder builder) {
    try {
      Process process = builder.start();
      if (!process.waitFor(PATIENCE_SECONDS * 2L, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      // The file stays away, which says it.
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
}
