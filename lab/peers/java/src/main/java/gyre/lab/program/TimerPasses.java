package gyre.lab.program;

/**
 * The work of {@code timers}: a round is some passes over the same timers, and once they fire.
 *
 * <p>The first pass brings back what others drove out of the caches since the last round, and does
 * not count.
 */
final class TimerPasses implements Round {
  /** What to wait until all timers of {@link TimerDelays#near} are due. */
  static final long DUE_NANOS = 2_500_000;

  private final int alive;
  private final int operations;
  private final int passes;
  private final Work work;

  /** The timers of a library. */
  interface Work {
    /** Starts, restarts and cancels all of them. */
    Times pass() throws Exception;

    /** How long it takes from when all are due until all have fired. */
    long fireNanos() throws Exception;

    /** Timers that fired and should not have, or the other way round, since the beginning. */
    int errors() throws Exception;
  }

  /** What the parts of a pass took. */
  record Times(long startNanos, long restartNanos, long cancelNanos) {
    static final Times NONE = new Times(0, 0, 0);

    private Times plus(Times more) {
      return new Times(
          startNanos + more.startNanos,
          restartNanos + more.restartNanos,
          cancelNanos + more.cancelNanos);
    }
  }

  /** Makes the timers of a library, {@code alive} of which only wait. */
  interface Maker {
    Work make(int alive, int operations) throws Exception;
  }

  TimerPasses(Options options, Maker maker) throws Exception {
    this.alive = options.number("alive", 1000);
    this.operations = options.number("ops", 1000);
    this.passes = options.number("passes", 10);
    this.work = maker.make(alive, operations);
  }

  @Override
  public void run(Figures figures) throws Exception {
    Times ignored = work.pass();
    Times times = Times.NONE;
    for (int i = 0; i < passes; i++) {
      times = times.plus(work.pass());
    }
    figures.put("alive", alive);
    figures.put("ops", (long) operations * passes);
    figures.put("startNanos", times.startNanos);
    figures.put("restartNanos", times.restartNanos);
    figures.put("cancelNanos", times.cancelNanos);
    figures.put("fires", operations);
    figures.put("fireNanos", work.fireNanos());
    figures.put("errors", work.errors());
  }
}
