package gyre.engine;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's side of one loop: operations in, completions out.
 *
 * <p>Confined to the thread that opened it, except {@link #wake}. A turn of the loop is {@code
 * submit* → await → dispatch}: everything submitted since the last turn goes to the kernel in one
 * call that also waits; completions are collected into a batch first and dispatched afterwards.
 * Memory that was lent to an operation stays lent until its terminal completion.
 *
 * <p>An engine knows no sockets, fibers or timers. It is also where time comes from, so that a
 * simulated one can own it.
 */
public interface Engine extends AutoCloseable {
  long FOREVER = Long.MAX_VALUE;

  /** {@code io_uring}, {@code epoll}, {@code nio} or {@code sim}. */
  String name();

  /** One line: which of the optional mechanisms this engine found and uses. */
  String features();

  /** Monotonic time. */
  long nanoTime();

  /**
   * Queues an idle operation. It reaches the kernel at the next {@link #await} at the latest.
   * Failures, full queues included, arrive as completions.
   */
  void submit(Operation operation);

  /** Asks an active operation to end soon. No effect on an idle one or one already cancelling. */
  void cancel(Operation operation);

  /**
   * Hands everything queued to the kernel and waits until something completes, {@link #wake} is
   * called or the time is up. Returns early without waiting if completions are there already.
   *
   * @param timeoutNanos 0 does not wait, {@link #FOREVER} has no deadline
   */
  void await(long timeoutNanos);

  /**
   * Runs the callbacks of collected completions, at most {@code budget} of them.
   *
   * @return how many ran; if it equals {@code budget}, more may be left, and the next {@code await}
   *     does not wait
   */
  int dispatch(int budget);

  /**
   * Ends the current or the next {@link #await} early. From any thread. It takes effect before it
   * returns: whoever wakes may be busy for long, and others rely on what is said to be woken.
   */
  void wake();

  /** The next {@link #await} does not wait. By the loop itself, for which it costs nothing. */
  void hurry();

  /**
   * Whether {@link #dispatch} has left something that the next {@link #await} hands to the kernel,
   * without having told anybody of anything: until then that is not under way. By the loop itself.
   */
  default boolean hasUnsent() {
    return false;
  }

  /**
   * A descriptor that another poller finds readable while {@link #await} would not wait, for a loop
   * that is turned by a program which waits elsewhere; -1 where the engine has none. It stays the
   * engine's: nobody may read from it or close it.
   */
  default int readyDescriptor() {
    return -1;
  }

  Sockets sockets();

  /** Pipes and pseudo-terminals, where there are such. */
  default Pipes pipes() {
    return Pipes.NONE;
  }

  /** Child processes, where there are such. */
  default Processes processes() {
    return Processes.NONE;
  }

  /**
   * Makes calls on terminals, each for one thread; null where they are those of the kernel, or
   * there are none.
   */
  default @Nullable Supplier<TerminalCalls> terminals() {
    return null;
  }

  /** What the loop takes from the world beside this engine. */
  default Environment environment() {
    return Environment.REAL;
  }

  /** Memory for queues above the seam. */
  BlockPool pool();

  EngineCounters counters();

  /** Number of operations that are not idle: what closing has to wait for. */
  int active();

  /**
   * Releases the kernel's resources. Operations still active are ended by force: their callbacks do
   * not run any more, and their memory is given back only when the kernel can no longer touch it.
   */
  @Override
  void close();
}
