package gyre.sync;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Loop;
import gyre.spi.Internals;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Stops calling what fails anyway, and tries a little from time to time: a caller gets its failure
 * at once instead of after a timeout, and the server has time to recover.
 *
 * <pre>
 *   CLOSED --too many of the last calls failed--&gt; OPEN --its time is over--&gt; HALF_OPEN
 *      ^                                            ^                          |
 *      |                                            '------a probe fails-------|
 *      '----------------------all probes succeed------------------------------'
 * </pre>
 *
 * <p>The part without fibers is {@link #tryEnter}, which is told the time; {@link #call} takes it
 * from the loop. A call that is cancelled counts for nothing. How a call has ended that began
 * before the state changed is not looked at.
 *
 * <p><b>Threads</b>: not safe for several; {@link #call} is for fibers of one loop. <b>Closing</b>:
 * need not be closed, and has no timer. <b>Cost</b>: the outcomes of the last calls are kept in an
 * array; a call that goes through adds a look at the time.
 */
public final class CircuitBreaker {
  /** Whether calls are let through. */
  public enum State {
    /** All are. */
    CLOSED,
    /** None are. */
    OPEN,
    /** A few are, to see whether the rest may follow. */
    HALF_OPEN
  }

  private final String name;
  private final int failuresPercent;
  private final int window;
  private final int probes;
  private final long openNanos;

  /** The last calls, as a ring: whether they failed. */
  private final boolean[] failed;

  private State state = State.CLOSED;
  private long generation;
  private long openedNanos;
  private int recorded;
  private int position;
  private int failures;

  /** In {@link State#HALF_OPEN}: under way, and ended well. */
  private int probing;

  private int probed;

  private CircuitBreaker(String name, int failuresPercent, int window, int probes, long openNanos) {
    this.name = name;
    this.failuresPercent = failuresPercent;
    this.window = window;
    this.probes = probes;
    this.openNanos = openNanos;
    this.failed = new boolean[window];
  }

  /** Opens for 5 s when half of the last 20 calls have failed, and closes after 3 good probes. */
  public static CircuitBreaker create(String name) {
    return create(name, 50, 20, Duration.ofSeconds(5), 3);
  }

  /**
   * A closed one.
   *
   * @param failuresPercent opens when so many of the last {@code window} calls have failed
   * @param window how many calls are looked at; nothing happens before there were so many
   * @param openFor how long no call is made then
   * @param probes how many are made after that, and have to succeed
   */
  public static CircuitBreaker create(
      String name, int failuresPercent, int window, Duration openFor, int probes) {
    checkRange("failuresPercent", failuresPercent, 100);
    checkRange("window", window, 10_000);
    checkRange("probes", probes, 1_000);
    return new CircuitBreaker(
        name, failuresPercent, window, probes, Nanos.positive("openFor", openFor));
  }

  private static void checkRange(String option, int value, int most) {
    if (value < 1 || value > most) {
      throw new IllegalArgumentException(
          option + " is " + value + ": must be between 1 and " + most);
    }
  }

  /**
   * Does {@code work} if calls are let through. A failure of it is one of the server.
   *
   * @throws CircuitOpenException if not
   */
  public <T extends @Nullable Object> T call(Callable<? extends T> work) throws Exception {
    Loop loop = Loop.current();
    Attempt attempt = tryEnter(nanoTime(loop)).orElseThrow(() -> isOpen(nanoTime(loop)));
    try {
      T result = work.call();
      attempt.succeeded();
      return result;
    } catch (CancelledException e) {
      if (Cancellation.current().isCancelled()) {
        attempt.abandoned();
      } else {
        attempt.failed(nanoTime(loop)); // its own limit of time has passed
      }
      throw e;
    } catch (Throwable e) {
      attempt.failed(nanoTime(loop));
      throw e;
    }
  }

  private static long nanoTime(Loop loop) {
    return Internals.engine(loop).nanoTime();
  }

  private CircuitOpenException isOpen(long nowNanos) {
    long retryNanos = state == State.OPEN ? Math.max(0, openedNanos + openNanos - nowNanos) : 0;
    return new CircuitOpenException(
        name
            + " is not called, because "
            + (state == State.OPEN ? "calls before have failed" : "others try it already")
            + "; again in "
            + retryNanos / 1_000_000
            + " ms",
        retryNanos);
  }

  /** Lets a call through, which has to say how it ended; empty if it is not to be made. */
  public Optional<Attempt> tryEnter(long nowNanos) {
    if (state(nowNanos) == State.OPEN) {
      return Optional.empty();
    }
    if (state == State.HALF_OPEN) {
      if (probing + probed >= probes) {
        return Optional.empty();
      }
      probing++;
    }
    return Optional.of(new Attempt(this, generation));
  }

  /** Its state at that time. */
  public State state(long nowNanos) {
    if (state == State.OPEN && nowNanos - openedNanos >= openNanos) {
      become(State.HALF_OPEN);
    }
    return state;
  }

  private void become(State next) {
    state = next;
    generation++;
    recorded = 0;
    position = 0;
    failures = 0;
    probing = 0;
    probed = 0;
  }

  private void open(long nowNanos) {
    become(State.OPEN);
    openedNanos = nowNanos;
  }

  private void succeeded() {
    switch (state) {
      case CLOSED -> record(false);
      case HALF_OPEN -> {
        probing--;
        probed++;
        if (probed == probes) {
          become(State.CLOSED);
        }
      }
      case OPEN -> throw new AssertionError(name + ": a call in an open circuit");
    }
  }

  private void failed(long nowNanos) {
    switch (state) {
      case CLOSED -> {
        record(true);
        if (recorded == window && failures * 100 >= failuresPercent * window) {
          open(nowNanos);
        }
      }
      case HALF_OPEN -> open(nowNanos);
      case OPEN -> throw new AssertionError(name + ": a call in an open circuit");
    }
  }

  private void record(boolean isFailure) {
    if (recorded == window) {
      failures -= failed[position] ? 1 : 0;
    } else {
      recorded++;
    }
    failed[position] = isFailure;
    failures += isFailure ? 1 : 0;
    position = (position + 1) % window;
  }

  private void abandoned() {
    if (state == State.HALF_OPEN) {
      probing--;
    }
  }

  @Override
  public String toString() {
    return "circuit breaker " + name + "[" + state + "]";
  }

  /** A call that was let through. The first of these methods counts, and each is safe to call. */
  public static final class Attempt {
    private final CircuitBreaker breaker;
    private final long generation;
    private boolean isOver;

    private Attempt(CircuitBreaker breaker, long generation) {
      this.breaker = breaker;
      this.generation = generation;
    }

    public void succeeded() {
      if (counts()) {
        breaker.succeeded();
      }
    }

    public void failed(long nowNanos) {
      if (counts()) {
        breaker.failed(nowNanos);
      }
    }

    /** It was not made, or not to its end, for a reason that is not the server's. */
    public void abandoned() {
      if (counts()) {
        breaker.abandoned();
      }
    }

    private boolean counts() {
      boolean isFirst = !isOver && breaker.generation == generation;
      isOver = true;
      return isFirst;
    }
  }
}
