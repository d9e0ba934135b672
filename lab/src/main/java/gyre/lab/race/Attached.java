package gyre.lab.race;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Tools that look at a process from outside, from when they have got hold of it until they are
 * told.
 */
public final class Attached implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long ATTACH_NANOS = 2_000_000_000L;
  private static final int PAUSE_MILLIS = 10;

  private final List<Child> tools = new ArrayList<>();

  private Attached() {}

  /** Starts all {@code commands}, which look at {@code pid}. */
  public static Attached start(long pid, List<List<String>> commands) throws PeerFailure {
    Attached attached = new Attached();
    boolean isHeld = false;
    try {
      for (List<String> command : commands) {
        attached.tools.add(Child.start(command.getFirst(), command));
      }
      long deadline = System.nanoTime() + ATTACH_NANOS;
      for (Child tool : attached.tools) {
        awaitHold(tool, pid, deadline);
      }
      isHeld = true;
      return attached;
    } finally {
      if (!isHeld) {
        attached.close();
      }
    }
  }

  /** Nothing tells that a tool has got hold of a process, but it shows. */
  private static void awaitHold(Child tool, long pid, long deadlineNanos) {
    while (System.nanoTime() < deadlineNanos
        && tool.isAlive()
        && !ProcessFiles.observes(tool.pid())
        && !ProcessFiles.isTraced(pid)) {
      pause();
    }
    pause();
  }

  /** {@code perf record} of where a process is, ten thousand times in a second of {@code event}. */
  public static List<String> sampler(long pid, String event, String file) {
    // Its thread for BPF events takes a second to end.
    return List.of(
        "perf",
        "record",
        "-q",
        "--no-bpf-event",
        "-e",
        event,
        "-F",
        "9973",
        "-p",
        Long.toString(pid),
        "-o",
        file);
  }

  /** Has them write down what they have seen. */
  @Override
  public void close() {
    tools.forEach(Child::interrupt);
    try {
      for (Child tool : tools) {
        boolean ignored = tool.await(PATIENCE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      tools.forEach(Child::close);
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
