package gyre.sync;

import gyre.Deadline;
import gyre.Fiber;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Does the same work a second time if the first takes unusually long, and takes whichever result
 * comes first: against the few answers that are late because one server happens to be slow.
 *
 * <p>Choose the delay so that about one call in twenty reaches it, and give it a budget: then the
 * load grows by a twentieth and not by more. An attempt that fails is followed by the next at once.
 * If all fail the first failure is thrown, with the others attached. Attempts that lose are
 * cancelled and waited for. Only work that may be done twice should be.
 *
 * <p>Immutable; each method gives a changed copy. May be used on any loop, by any number of fibers.
 * A call that is cancelled cancels all its attempts, and waits for their end.
 */
public final class Hedge {
  private static final int MOST_ATTEMPTS = 16;

  private final long delayNanos;
  private final int attempts;
  private final @Nullable RetryBudget budget;

  private Hedge(long delayNanos, int attempts, @Nullable RetryBudget budget) {
    this.delayNanos = delayNanos;
    this.attempts = attempts;
    this.budget = budget;
  }

  /** Begins a second attempt when there is no result after so long. */
  public static Hedge after(Duration delay) {
    return new Hedge(Nanos.of("after", delay), 2, null);
  }

  /** How many attempts there are in all: 2 unless said otherwise. */
  public Hedge attempts(int most) {
    if (most < 1 || most > MOST_ATTEMPTS) {
      throw new IllegalArgumentException(
          "attempts is " + most + ": must be between 1 and " + MOST_ATTEMPTS);
    }
    return new Hedge(delayNanos, most, budget);
  }

  /** What all calls to the same place share. */
  public Hedge budget(RetryBudget shared) {
    return new Hedge(delayNanos, attempts, shared);
  }

  /** Does {@code work}, maybe several times at once, and gives the first result. Parks. */
  public <T extends @Nullable Object> T call(Callable<? extends T> work) {
    if (budget != null) {
      budget.called();
    }
    try (Gather<T> gather = Gather.open("hedge")) {
      int left = attempts;
      Outcome.@Nullable Failed<T> first = null;
      while (true) {
        if (left > 0 && (left == attempts || budget == null || budget.tryRetry())) {
          gather.start(work);
          left--;
        } else {
          left = 0;
        }
        Deadline next = Deadline.in(Duration.ofNanos(left > 0 ? delayNanos : Long.MAX_VALUE));
        if (!gather.hasNext()) {
          return requireFailed(first).get();
        }
        if (Fiber.awaitFirst(gather.ended(), next) == next) {
          continue;
        }
        switch (gather.next()) {
          case Outcome.Done<T> done -> {
            return done.value();
          }
          case Outcome.Failed<T> failed -> first = Work.attach(first, failed);
        }
      }
    }
  }

  private static <T extends @Nullable Object> Outcome.Failed<T> requireFailed(
      Outcome.@Nullable Failed<T> first) {
    if (first == null) {
      throw new AssertionError("nothing has failed, and nothing runs");
    }
    return first;
  }
}
