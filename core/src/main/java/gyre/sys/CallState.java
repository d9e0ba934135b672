package gyre.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Where a system call leaves its errno: one for each thread, or for each engine that is confined to
 * a thread.
 *
 * <p>It lives in the global arena, because a segment of a shared arena would cost more in liveness
 * checks than the call itself; so it is never freed, and not to be created per connection.
 *
 * <p>It also says which kernel is called: the machine's, unless it was made for a simulated one.
 */
public final class CallState {
  final MemorySegment segment;

  /** Null for the machine's own kernel. */
  final @Nullable Kernel simulated;

  public CallState() {
    this(Arena.global());
  }

  /** For the life of the arena, at some cost for each call. */
  public CallState(Arena arena) {
    segment = arena.allocate(Linker.Option.captureStateLayout());
    simulated = null;
  }

  /** For calls of a simulated kernel, which returns errno and leaves it nowhere. */
  public CallState(Kernel kernel) {
    segment = MemorySegment.NULL;
    simulated = kernel;
  }

  /** One more on the same kernel, for another thread and for the life of the arena. */
  public CallState another(Arena arena) {
    return simulated == null ? new CallState(arena) : this;
  }

  /** Whether calls go to the machine's own kernel. */
  public boolean isReal() {
    return simulated == null;
  }

  /** Monotonic time of the kernel that is called. */
  public long nanoTime() {
    return simulated == null ? System.nanoTime() : simulated.nanoTime();
  }

  /** A little zeroed memory for arguments, aligned to 8, which is never given back. */
  public long allocate(long bytes) {
    return simulated == null
        ? Arena.global().allocate(bytes, 8).address()
        : simulated.allocate(bytes);
  }

  /** On Linux errno is the only thing captured, at offset 0. */
  int errno() {
    return segment.get(ValueLayout.JAVA_INT, 0);
  }
}
