package gyre.lab.race;

import java.util.List;

/**
 * A tool that looks at a process from outside, from when it has got hold of it until it is told.
 */
public final class Attached implements AutoCloseable {
  private static final java.time.Duration PATIENCE = java.time.Duration.ofSeconds(20);
  private static final long ATTACH_NANOS = 2_000_000_000L;
  private static final int PAUSE_MILLIS = 30;

  private final Child tool;

  private Attached(Child tool) {
    this.tool = tool;
  }

  /** Starts {@code command}, which looks at {@code pid}. */
  public static Attached start(List<String> command, long pid) throws PeerFailure {
    Child tool = Child.start(command.getFirst(), command);
    // Nothing tells, but it shows.
    long deadline = System.nanoTime() + ATTACH_NANOS;
    while (System.nanoTime() < deadline
        && tool.isAlive()
        && !ProcessFiles.observes(tool.pid())
        && !ProcessFiles.isTraced(pid)) {
      pause();
    }
    pause();
    return new Attached(tool);
  }

  /** {@code perf record} of where a process is, ten thousand times a second. */
  public static Attached sampler(long pid, String file) throws PeerFailure {
    // Its thread for BPF events takes a second to end.
    return start(
        List.of(
            "perf",
            "record",
            "-q",
            "--no-bpf-event",
            "-e",
            "cpu-clock",
            "-F",
            "9973",
            "-p",
            Long.toString(pid),
            "-o",
            file),
        pid);
  }

  /** Has it write down what it has seen. */
  @Override
  public void close() {
    tool.interrupt();
    try {
      boolean ignored = tool.await(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      tool.close();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
