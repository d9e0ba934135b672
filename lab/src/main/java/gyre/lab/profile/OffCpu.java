package gyre.lab.profile;

import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What the loop's thread did while it was not on its core.
 *
 * @param loop empty where the process has no thread any more
 * @param places where it waited, as shares of that time
 */
record OffCpu(
    Optional<Threads.Times> loop,
    List<WaitPlaces.Place> places,
    long operations,
    long elapsedNanos) {

  /** Watches while {@code work} is done; the busiest thread since {@code atFirst} is the loop. */
  static OffCpu of(long pid, Threads atFirst, LongSupplier work) {
    Threads before = Threads.of(pid);
    long busiest = before.busiestSince(atFirst).map(Threads.Times::id).orElse(pid);
    WaitPlaces places = WaitPlaces.of(pid, busiest);
    long start = System.nanoTime();
    long operations;
    long elapsedNanos;
    try (places) {
      operations = work.getAsLong();
      elapsedNanos = System.nanoTime() - start;
    }
    Optional<Threads.Times> loop = Threads.of(pid).since(before, busiest);
    return new OffCpu(loop, places.places(), operations, elapsedNanos);
  }

  double elapsed() {
    return Math.max(1, elapsedNanos);
  }

  /** Of the time in which it was ready and had no core. */
  double delayedShare() {
    return loop.map(times -> times.delayedNanos() / elapsed()).orElse(0.0);
  }

  double waitedShare() {
    double ran = loop.map(times -> times.ranNanos() / elapsed()).orElse(1.0);
    return Math.max(0, 1 - ran - delayedShare());
  }
}
