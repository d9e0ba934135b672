package gyre.sync;

import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.WaitPoint;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A scope whose results are taken as they come, failures included: one that fails harms none of the
 * others.
 *
 * <pre>{@code
 * try (Gather<String> pages = Gather.open("pages")) {
 *   for (String url : urls) {
 *     pages.start(() -> fetch(url));
 *   }
 *   for (Outcome<String> page : pages) {   // in the order in which they end
 *     ...
 *   }
 * }                                        // whatever still runs is cancelled and waited for
 * }</pre>
 *
 * <ul>
 *   <li><b>Threads</b>: belongs to the fiber that opened it, as its scope does.
 *   <li><b>Cancellation</b>: a wait for the next result that is cancelled has taken none.
 *   <li><b>Closing</b>: cancels what still runs, and waits for its end.
 *   <li><b>Cost</b>: what ended and was not taken is kept, so as much as was started: {@link
 *       Work#forEach} bounds that.
 * </ul>
 */
public final class Gather<T extends @Nullable Object>
    implements AutoCloseable, Iterable<Outcome<T>> {
  private final Scope scope;
  private final ArrayDeque<Outcome<T>> ended = new ArrayDeque<>();
  private final Ended source = new Ended(this);
  private int started;
  private int running;

  private Gather(Scope scope) {
    this.scope = scope;
  }

  /** Opens it inside of the current scope. */
  public static <T extends @Nullable Object> Gather<T> open(String name) {
    return new Gather<>(Scope.open(name));
  }

  /** Starts a fiber for a piece of work. */
  public Fiber<?> start(Callable<? extends T> work) {
    int index = started;
    Fiber<?> fiber = scope.start(scope.name() + "-" + index, () -> run(index, work));
    started++;
    running++;
    return fiber;
  }

  private void run(int index, Callable<? extends T> work) {
    Outcome<T> outcome;
    try {
      outcome = new Outcome.Done<>(index, work.call());
    } catch (Throwable e) {
      outcome = new Outcome.Failed<>(index, e);
    }
    running--;
    ended.add(outcome);
    source.wakeAll();
  }

  /** Started and not ended. */
  public int running() {
    return running;
  }

  /** Whether there is a result to be taken, or to be waited for. */
  public boolean hasNext() {
    return running > 0 || !ended.isEmpty();
  }

  /**
   * The next result, in the order in which they end; parks until there is one.
   *
   * @throws IllegalStateException if all that were started have been taken
   */
  public Outcome<T> next() {
    if (!hasNext()) {
      throw new IllegalStateException(
          "nothing of " + scope.name() + " is left: ask hasNext, or start something");
    }
    Fiber.await(source);
    return ended.remove();
  }

  /** Ready while {@link #next} does not park: to wait for that or something else. */
  public Source ended() {
    return source;
  }

  @Override
  public Iterator<Outcome<T>> iterator() {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return Gather.this.hasNext();
      }

      @Override
      public Outcome<T> next() {
        return Gather.this.next();
      }
    };
  }

  /** Cancels what still runs, and waits for its end. */
  @Override
  public void close() {
    scope.close();
  }

  private static final class Ended extends WaitPoint {
    private final Gather<?> gather;

    Ended(Gather<?> gather) {
      this.gather = gather;
    }

    @Override
    public boolean isReady() {
      return !gather.ended.isEmpty();
    }

    @Override
    public String doing() {
      return "waiting for one of " + gather.running + " in " + gather.scope.name();
    }
  }
}
