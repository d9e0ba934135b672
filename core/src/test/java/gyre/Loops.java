package gyre;

import gyre.engine.BlockPool;
import gyre.engine.Engine;
import java.util.ArrayList;
import java.util.List;

/** Loops for tests. */
public final class Loops {
  private static final long DATAGRAM_BYTES = 64 * 1024;

  /** In which what has been closed must be gone. */
  private static final int TURNS_LIMIT = 1000;

  private Loops() {}

  /** The mode that this run of the tests is for. */
  public static FiberMode fiberMode() {
    return System.getProperty("gyre.test.fibers", "native").equals("baton")
        ? FiberMode.BATON
        : FiberMode.NATIVE;
  }

  public static LoopOptions options(String engine) {
    return LoopOptions.defaults().engine(engine).fibers(fiberMode());
  }

  /**
   * Runs {@code main} in a loop of its own, which must leave nothing behind; a failure that was
   * only reported fails the test too.
   */
  public static void run(String engine, Task main) {
    run(options(engine), main);
  }

  /**
   * As {@link #run(String, Task)}, in a time that passes only where the loop would wait for it, and
   * then at once: a pause of the machine does not count. For what waits for nobody outside of the
   * loop.
   */
  public static void runInVirtualTime(String engine, Task main) {
    WatchedEngine watched = WatchedEngine.of(options(engine));
    watched.virtualTime();
    run(options(engine).engine(() -> watched), main);
  }

  /** As {@link #run(String, Task)}, with other options than the usual ones. */
  public static void run(LoopOptions options, Task main) {
    List<Throwable> reported = new ArrayList<>();
    runReporting(options.failures((source, e) -> reported.add(e)), main);
    if (!reported.isEmpty()) {
      throw new AssertionError("reported: " + reported, reported.getFirst());
    }
  }

  /**
   * As {@link #run(LoopOptions, Task)}, where failures are expected to be reported to the options'
   * listener.
   */
  public static void runReporting(LoopOptions options, Task main) {
    try (Loop loop = Loop.open(options)) {
      loop.run(main);
      assertNothingLeft(loop);
    }
  }

  /** Outside of the loop's fibers: no handle, operation or memory is left. */
  public static void assertNothingLeft(Loop loop) {
    Engine engine = loop.engine();
    int turns = 0;
    while (!isEmpty(loop) && turns++ < TURNS_LIMIT) {
      engine.await(0);
      engine.dispatch(TURNS_LIMIT);
    }
    if (!isEmpty(loop)) {
      throw new AssertionError(
          "left: handles "
              + loop.handles()
              + ", operations "
              + engine.active()
              + ", bytes "
              + engine.pool().usedBytes());
    }
  }

  /**
   * Blocks to receive into that an engine keeps: two and one for datagrams where it is told of
   * readiness, one for what is received while memory is scarce on io_uring.
   */
  private static long ownedBytes(Engine engine) {
    return engine.name().equals("io_uring")
        ? BlockPool.LARGE_BYTES
        : 2 * BlockPool.LARGE_BYTES + DATAGRAM_BYTES;
  }

  private static boolean isEmpty(Loop loop) {
    return loop.handles().isEmpty()
        && loop.engine().active() == 0
        && loop.engine().pool().usedBytes() <= ownedBytes(loop.engine());
  }
}
