package gyre.lab;

import java.util.List;

/**
 * A change to be judged.
 *
 * @param what the change in words; empty for those of its commit
 * @param peer which of ours is raced
 * @param gate whether the tests have to pass first
 */
public record ExperimentOptions(
    String name,
    String what,
    String base,
    String candidate,
    List<String> workloads,
    String peer,
    boolean gate,
    boolean force) {
  /** What most changes to the loop show in. */
  public static final List<String> WORKLOADS =
      List.of(
          "echo/50x64x1",
          "echo/50x64x16",
          "echo/50x16384x1",
          "events/1000x100x100",
          "timers/1k",
          "wake/roundtrip");

  public ExperimentOptions {
    workloads = workloads.isEmpty() ? WORKLOADS : List.copyOf(workloads);
  }
}
