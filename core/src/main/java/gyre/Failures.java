package gyre;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** How failures travel from one fiber to another. */
final class Failures {
  private static final int CAUSES_LIMIT = 16;

  private Failures() {}

  /**
   * Throws unchecked failures as they are and wraps checked ones. The stack trace stays that of the
   * fiber that failed. Declared to return, so that callers can write {@code throw rethrow(e)}.
   */
  static RuntimeException rethrow(Throwable failure) {
    switch (failure) {
      case Error error -> throw error;
      case RuntimeException unchecked -> throw unchecked;
      default -> throw new FiberFailedException(failure);
    }
  }

  /** To be cancelled is no failure, but what broke in finally blocks on the way is. */
  static void eachHidden(Throwable cancelled, Consumer<Throwable> action) {
    for (Throwable hidden : cancelled.getSuppressed()) {
      if (hidden instanceof CancelledException) {
        eachHidden(hidden, action);
      } else {
        action.accept(hidden);
      }
    }
  }

  /** Whether a peer caused it, or what it wraps. */
  static boolean isRemote(Throwable failure) {
    @Nullable Throwable at = failure;
    for (int depth = 0; at != null && depth < CAUSES_LIMIT; depth++) {
      if (at instanceof RemoteFailure remote && remote.isRemote()) {
        return true;
      }
      at = at.getCause();
    }
    return false;
  }

  /** What a future's exception wraps. */
  static Throwable causeOf(Exception wrapper) {
    Throwable cause = wrapper.getCause();
    return cause == null ? wrapper : cause;
  }

  /** Attaches {@code later} to {@code first}, unless it is there already. */
  static void attach(Throwable first, Throwable later) {
    if (first == later || first.getCause() == later) {
      return;
    }
    for (Throwable known : first.getSuppressed()) {
      if (known == later) {
        return;
      }
    }
    first.addSuppressed(later);
  }
}
