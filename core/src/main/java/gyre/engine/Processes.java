package gyre.engine;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The calls on child processes. Every method answers a negative errno instead of throwing. None
 * touches a child that was not spawned here: whoever else in this process has children, as the JDK
 * does, is not disturbed.
 */
public interface Processes {
  /** Of engines that have none. */
  Processes NONE = new Processes() {};

  /** What the kernel tells of a child that has ended. */
  final class Exit {
    /** What it has returned, or -1 where a signal ended it. */
    public int code = -1;

    /** The number of the signal that ended it, or 0. */
    public int signal;

    public long userNanos;
    public long systemNanos;
    public long peakMemoryBytes;
  }

  /**
   * Starts a program, and waits until it has begun: to be called on the thread that spawns.
   *
   * @return the number of the process
   */
  default int spawn(Spawn spawn) {
    return Errno.EOPNOTSUPP.negated();
  }

  /**
   * Starts a program without waiting, for those whose {@link #spawn} need not wait.
   *
   * @return completes with the number of the process or a negative errno; null from those that wait
   *     until it has begun, for which they want a thread
   */
  default @Nullable CompletableFuture<Integer> begin(Spawn spawn) {
    return null;
  }

  /** A close-on-exec descriptor that is readable once the child has ended. */
  default int open(int process) {
    return Errno.EOPNOTSUPP.negated();
  }

  /**
   * Takes what became of the child, which is gone afterwards.
   *
   * @return 1, or 0 if it has not ended
   */
  default int collect(int descriptor, Exit into) {
    return Errno.EOPNOTSUPP.negated();
  }

  /** To the child of this descriptor, and nobody who has got its number since. */
  default int signal(int descriptor, int signal) {
    return Errno.EOPNOTSUPP.negated();
  }

  /** Whether there is a process of this number, whoever it is. */
  default boolean isTaken(int process) {
    return false;
  }

  /** To all of a group; with signal 0 it only asks whether there is anybody. */
  default int signalGroup(int group, int signal) {
    return Errno.EOPNOTSUPP.negated();
  }

  /**
   * Kills a child that was not collected, and takes what became of it on a thread that may wait.
   * From any thread, also after the engine's end.
   *
   * @param descriptor is closed, if it is none of the negative numbers
   * @param leadsGroup whether its group is killed with it
   */
  default void abandon(int process, int descriptor, boolean leadsGroup) {}

  /**
   * Closes a descriptor that no operation was ever submitted on. From any thread, also after the
   * engine's end.
   */
  default void discard(int descriptor) {}
}
