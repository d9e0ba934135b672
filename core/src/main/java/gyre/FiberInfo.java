package gyre;

import java.util.List;

/**
 * A line of the list of fibers that live in a loop.
 *
 * @param waitsFor in words; empty if it does not wait, or only its stack says what for
 * @param descriptor the engine's number of what it waits for, or -1
 * @param stack where it stands, the innermost first
 */
public record FiberInfo(
    String name,
    String scope,
    State state,
    String waitsFor,
    int descriptor,
    List<StackTraceElement> stack) {
  /** What a fiber is doing. */
  public enum State {
    /** It runs, or will in its turn. */
    RUNNABLE,
    /** It waits for something of its loop. */
    PARKED,
    /** It waits for a lock, a queue or a thread: for something that is not its loop's. */
    BLOCKED
  }

  public FiberInfo {
    stack = List.copyOf(stack);
  }
}
