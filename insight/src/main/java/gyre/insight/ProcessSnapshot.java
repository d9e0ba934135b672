package gyre.insight;

import java.time.Instant;
import java.util.List;

/** What all loops of a process told at about one time. */
public record ProcessSnapshot(
    long pid, Instant started, long stallLimitNanos, long takenNanos, List<LoopSnapshot> loops) {
  public ProcessSnapshot {
    loops = List.copyOf(loops);
  }

  /** What has happened since an earlier one; loops that were opened since are whole. */
  public ProcessSnapshot since(ProcessSnapshot earlier) {
    List<LoopSnapshot> changes =
        loops.stream()
            .map(loop ->
                earlier.loops.stream()
                    .filter(old -> old.loop() == loop.loop())
                    .findFirst()
                    .map(loop::since)
                    .orElse(loop))
            .toList();
    return new ProcessSnapshot(pid, started, stallLimitNanos, takenNanos, changes);
  }
}
