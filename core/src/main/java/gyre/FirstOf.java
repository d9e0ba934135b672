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

  FirstOf(Fiber<?> fiber, Source[] sources, int rotation) {
    this.fiber = fiber;
    this.sources = sources.clone();
    this.waiters = new Waiter[sources.length];
    Arrays.setAll(waiters, i -> new Waiter(fiber));
    this.first = Math.floorMod(rotation, sources.length);
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
        while (isNoneWoken()) {
          fiber.parkHere();
        }
        ready = firstReady();
      } finally {
        disarm(armed, ready);
      }
    }
    return ready;
  }

  private @Nullable Source firstReady() {
    for (int i = 0; i < sources.length; i++) {
      Source source = sources[(first + i) % sources.length];
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
