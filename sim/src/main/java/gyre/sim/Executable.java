package gyre.sim;

/**
 * A program that others start by a {@code Command}: what runs in the child process, in a fiber of a
 * loop of its own.
 *
 * <p>It has what a program of a real system has: {@code StandardStreams} for its input, output and
 * errors, {@code SignalStream} for the signals that it wants to handle (others end it), children of
 * its own, and the files and the network of its host. It shares no state with its parent that a
 * real program would not share.
 */
@FunctionalInterface
public interface Executable {
  /**
   * Runs it.
   *
   * @return what it exits with, 0 to 255. What it throws is a 1, but for an {@link AssertionError},
   *     which fails the run.
   */
  int run(Invocation invocation) throws Exception;
}
