package gyre;

import java.util.ArrayList;
import java.util.List;

/** Loops for tests. */
public final class Loops {
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
   * Runs {@code main} in a loop of its own; a failure that was only reported fails the test too.
   */
  public static void run(String engine, Task main) {
    List<Throwable> reported = new ArrayList<>();
    try (Loop loop = Loop.open(options(engine).failures((source, e) -> reported.add(e)))) {
      loop.run(main);
    }
    if (!reported.isEmpty()) {
      throw new AssertionError("reported: " + reported, reported.getFirst());
    }
  }
}
