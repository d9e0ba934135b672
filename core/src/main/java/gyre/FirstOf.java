package gyre;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A fiber's wait for the first of several sources. */
final class FirstOf {
  private final Fiber<?> fiber;
  private final Source[] sources;
  private final Waiter[] waiters;
  private final int first;
  private final int step;
  private @Nullable Waiter settled;

  /**
   * @param first which of the sources is asked first
   * @param step from one that is asked to the next one, around the end
   */
  FirstOf(Fiber<?> fiber, Source[] sources, int first, int step) {
    this.fiber = fiber;
    this.sources = sources.clone();
    this.waiters = new Waiter[sources.length];
    Arrays.setAll(waiters, i -> new Waiter(fiber, this));
    this.first = first;
    this.step = step;
  }

  Source await() {
    Source ready = firstReady();
    while (ready == null) {
      int armed = 0;
      try {
        while (armed < sources.length) {
          waiters[armed].arm(sources[armed]);
          armed++;
        }
        parkUntilWoken();
        ready = settled == null ? firstReady() : settled.source();
      } finally {
        disarm(armed, ready);
      }
    }
    return ready;
  }

  private void parkUntilWoken() {
    try {
      while (isNoneWoken()) {
        fiber.parkHere();
      }
    } catch (CancelledException e) {
      if (settled == null) {
        throw e;
      }
      // It came too late: what the fiber waited for has been done. The next wait tells of it.
    }
  }

  void settledBy(Waiter waiter) {
    assert settled == null : "a wait ends once";
    settled = waiter;
  }

  boolean isUndecided() {
    return settled == null;
  }

  private @Nullable Source firstReady() {
    for (int i = 0; i < sources.length; i++) {
      Source source = sources[(first + i * step) % sources.length];
      if (source.isReady()) {
        return source;
      }
    }
    return null;
  }

  private boolean isNoneWoken() {
    for (Waiter waiter : waiters) {
      if (!waiter.isArmed()) {
        return false;
      }
    }
    return true;
  }

  private void disarm(int armed, @Nullable Source claimed) {
    for (int i = 0; i < armed; i++) {
      waiters[i].disarm(sources[i].equals(claimed));
    }
  }

  String doing() {
    return Arrays.stream(sources).map(Source::doing).collect(Collectors.joining(", or "));
  }
}
