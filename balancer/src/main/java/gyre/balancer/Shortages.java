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

  /**
   * With the address of a client: EPERM; ENOPROTOOPT of an engine that can't; EINVAL, EAFNOSUPPORT,
   * EADDRINUSE and EADDRNOTAVAIL for one of another family, or whose ports are used up.
   */
  private static final Set<Integer> OF_THE_CLIENT = Set.of(1, 92, 22, 97, 98, 99);

  private static final int DEPTH_LIMIT = 10;

  private Shortages() {}

  /** Whether it, or what it came of, is such a failure. */
  static boolean isOne(@Nullable Throwable failure) {
    return isOne(failure, DEPTH_LIMIT);
  }

  /** Whether the address of this client is what can't be connected from. */
  static boolean isOfTheClient(IoException failure) {
    return OF_THE_CLIENT.contains(failure.errno());
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
