package gyre.sim.kernel;

import java.util.ArrayList;
import java.util.List;

/** What a descriptor stands for, with those who want to know what happens to it. */
abstract class OpenFile {
  /** Wants to know. */
  interface Waiter {
    /** Something has happened, maybe; what, the file says. */
    void woken();
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

  /** Something has happened. */
  final void tellAll() {
    if (!waiters.isEmpty()) {
      List.copyOf(waiters).forEach(Waiter::woken);
    }
  }

  /** Which events of a poll are there now. */
  abstract int levels();
}
