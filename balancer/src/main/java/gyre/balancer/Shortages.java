package gyre.balancer;

import gyre.io.IoException;
import gyre.io.PoolExhaustedException;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Failures of this machine, for which no target is to be blamed: no files or memory. */
final class Shortages {
  /**
   * ENOMEM, EAGAIN of a full table of processes, ENFILE, EMFILE, ENOBUFS. Not EADDRNOTAVAIL: ports
   * are each target's own, and an address that has no source here is that target's as well.
   */
  private static final Set<Integer> ERRORS = Set.of(12, 11, 23, 24, 105);

  /** EPERM; ENOPROTOOPT of an engine that can't. */
  private static final Set<Integer> RIGHTS = Set.of(1, 92);

  private static final int DEPTH_LIMIT = 10;

  private Shortages() {}

  /** Whether it, or what it came of, is such a failure. */
  static boolean isOne(@Nullable Throwable failure) {
    return isOne(failure, DEPTH_LIMIT);
  }

  /** Whether this process lacks a right, or its engine a feature. */
  static boolean isRight(IoException failure) {
    return RIGHTS.contains(failure.errno());
  }

  private static boolean isOne(@Nullable Throwable failure, int depth) {
    if (failure == null || depth == 0) {
      return false;
    }
    if (failure instanceof RejectedExecutionException
        || failure instanceof PoolExhaustedException
        || (failure instanceof IoException known && ERRORS.contains(known.errno()))) {
      return true;
    }
    for (Throwable each : failure.getSuppressed()) {
      if (isOne(each, depth - 1)) {
        return true;
      }
    }
    return isOne(failure.getCause(), depth - 1);
  }
}
