package gyre.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Where a system call leaves its errno: one for each thread, or for each engine that is confined to
 * a thread.
 *
 * <p>It lives in the global arena, because a segment of a shared arena would cost more in liveness
 * checks than the call itself; so it is never freed, and not to be created per connection.
 */
public final class CallState {
  final MemorySegment segment;

  public CallState() {
    this(Arena.global());
  }

  /** For the life of the arena, at some cost for each call. */
  public CallState(Arena arena) {
    segment = arena.allocate(Linker.Option.captureStateLayout());
  }

  /** On Linux errno is the only thing captured, at offset 0. */
  int errno() {
    return segment.get(ValueLayout.JAVA_INT, 0);
  }
}
