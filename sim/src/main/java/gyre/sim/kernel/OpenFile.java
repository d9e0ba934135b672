package gyre.sim.kernel;

import java.util.ArrayList;
import java.util.List;

/** What a descriptor stands for, with those who want to know what happens to it. */
abstract class OpenFile {
  /** Wants to know. */
  interface Waiter {
    /** Something has happened, maybe; what, the file says. */
    void woken();

    /** Whether it is concerned by one of these events of a poll; else it is not woken. */
    default boolean wants(int events) {
      return true;
    }
  }

  private final List<Waiter> waiters = new ArrayList<>(2);

  final void add(Waiter waiter) {
    waiters.add(waiter);
  }

  final void remove(Waiter waiter) {
    waiters.remove(waiter);
  }

  final boolean isWaitedFor() {
    return !waiters.isEmpty();
  }

  final List<Waiter> waiters() {
    return waiters;
  }

  /** Something has happened that concerns these events of a poll. */
  final void tellAll(int events) {
    if (!waiters.isEmpty()) {
      List.copyOf(waiters).stream().filter(waiter -> waiter.wants(events)).forEach(Waiter::woken);
    }
  }

  /** Which events of a poll are there now. */
  abstract int levels();
}
