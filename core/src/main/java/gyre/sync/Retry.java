package gyre.sync;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Task;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Does work again if it fails, after a pause that doubles with each failure and of which a random
 * part is waited ("full jitter"), so that those who failed together do not come back together.
 *
 * <pre>{@code
 * private static final Retry RETRY = Retry.defaults().attempts(4).attemptLimit(Duration.ofSeconds(2));
 * ...
 * String page = RETRY.call(() -> fetch(url));
 * }</pre>
 *
 * <p>The last failure is thrown, with the earlier ones attached. There is no further attempt when
 * the calling fiber is cancelled; when its time (see {@link Cancellation#remainingNanos}) would be
 * over before the pause is; when the failure is not worth it ({@link #when}); and when the {@link
 * #budget} is used up. Only work that may be done twice should be.
 *
 * <p>Immutable; each method gives a changed copy. May be used on any loop, by any number of fibers.
 * A call that is cancelled, in an attempt or a pause, makes no further attempt.
 */
public final class Retry {
  private static final int MOST_ATTEMPTS = 1_000;
  private static final int ATTACHED_LIMIT = 8;
  private static final int DOUBLINGS_LIMIT = 62;

  private static final Retry DEFAULTS =
      new Retry(4, 100_000_000L, 10_000_000_000L, 0, _ -> true, null);

  private final int attempts;
  private final long firstDelayNanos;
  private final long maxDelayNanos;

  /** 0 for none. */
  private final long attemptLimitNanos;

  private final Predicate<? super Exception> when;
  private final @Nullable RetryBudget budget;

  private Retry(
      int attempts,
      long firstDelayNanos,
      long maxDelayNanos,
      long attemptLimitNanos,
      Predicate<? super Exception> when,
      @Nullable RetryBudget budget) {
    this.attempts = attempts;
    this.firstDelayNanos = firstDelayNanos;
    this.maxDelayNanos = maxDelayNanos;
    this.attemptLimitNanos = attemptLimitNanos;
    this.when = when;
    this.budget = budget;
  }

  /** Four attempts, with pauses of up to 100, 200 and 400 ms. */
  public static Retry defaults() {
    return DEFAULTS;
  }

  /** How often it is tried in all, the first time included: 4 unless said otherwise. */
  public Retry attempts(int most) {
    if (most < 1 || most > MOST_ATTEMPTS) {
      throw new IllegalArgumentException(
          "attempts is " + most + ": must be between 1 and " + MOST_ATTEMPTS);
    }
    return new Retry(most, firstDelayNanos, maxDelayNanos, attemptLimitNanos, when, budget);
  }

  /** The longest pause after the first failure: 100 ms unless said otherwise. */
  public Retry firstDelay(Duration delay) {
    long nanos = Nanos.of("firstDelay", delay);
    return new Retry(attempts, nanos, maxDelayNanos, attemptLimitNanos, when, budget);
  }

  /** The longest pause after any failure: 10 s unless said otherwise. */
  public Retry maxDelay(Duration delay) {
    long nanos = Nanos.of("maxDelay", delay);
    return new Retry(attempts, firstDelayNanos, nanos, attemptLimitNanos, when, budget);
  }

  /** How long a single attempt may take; no limit unless said otherwise. */
  public Retry attemptLimit(Duration limit) {
    long nanos = Nanos.positive("attemptLimit", limit);
    return new Retry(attempts, firstDelayNanos, maxDelayNanos, nanos, when, budget);
  }

  /** Which failures are worth another attempt: all exceptions unless said otherwise. */
  public Retry when(Predicate<? super Exception> isWorthIt) {
    return new Retry(
        attempts, firstDelayNanos, maxDelayNanos, attemptLimitNanos, isWorthIt, budget);
  }

  /** What all calls to the same place share, so that retries do not multiply its load. */
  public Retry budget(RetryBudget shared) {
    return new Retry(attempts, firstDelayNanos, maxDelayNanos, attemptLimitNanos, when, shared);
  }

  /** Does {@code work} until it succeeds, and gives its result. Parks between attempts. */
  public <T extends @Nullable Object> T call(Callable<? extends T> work) throws Exception {
    if (budget != null) {
      budget.called();
    }
    Exception last = null;
    for (int failures = 0; ; ) {
      try {
        return attempt(work);
      } catch (Exception e) {
        attach(e, last, failures);
        last = e;
        failures++;
      }
      pause(failures, last);
    }
  }

  /** As {@link #call}, for work without a result. */
  public void run(Task work) throws Exception {
    call(() -> {
      work.run();
      return true;
    });
  }

  private <T extends @Nullable Object> T attempt(Callable<? extends T> work) throws Exception {
    if (attemptLimitNanos == 0) {
      return work.call();
    }
    return Cancellation.within(Duration.ofNanos(attemptLimitNanos), work::call);
  }

  /** Waits before the next attempt, or throws {@code failure} if there is none. */
  private void pause(int failures, Exception failure) throws Exception {
    Cancellation token = Cancellation.current();
    if (token.isCancelled() || failures >= attempts || !when.test(failure)) {
      throw failure;
    }
    long delayNanos = delayNanos(failures, Loop.current().random());
    if (delayNanos >= token.remainingNanos() || (budget != null && !budget.tryRetry())) {
      throw failure;
    }
    try {
      Fiber.sleep(Duration.ofNanos(delayNanos));
    } catch (CancelledException e) {
      e.addSuppressed(failure);
      throw e;
    }
  }

  /** The pause after so many failures. */
  long delayNanos(int failures, RandomGenerator random) {
    int doublings = Math.min(failures - 1, DOUBLINGS_LIMIT);
    long longest =
        firstDelayNanos > (maxDelayNanos >> doublings)
            ? maxDelayNanos
            : firstDelayNanos << doublings;
    return longest <= 0 ? 0 : random.nextLong(Math.min(longest, Long.MAX_VALUE - 1) + 1);
  }

  private static void attach(Exception failure, @Nullable Exception earlier, int failures) {
    if (earlier != null && earlier != failure && failures <= ATTACHED_LIMIT) {
      failure.addSuppressed(earlier);
    }
  }
}
