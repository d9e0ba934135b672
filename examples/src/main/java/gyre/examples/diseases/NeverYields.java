package gyre.examples.diseases;

import gyre.Fiber;

/** A fiber that counts on and on. Cure: {@code Fiber.yield} now and then, which also ends it. */
final class NeverYields {
  /** So that the sick one can be ended at all. */
  private static volatile boolean isOver;

  private NeverYields() {}

  static void sick() {
    isOver = false;
    long count = 0;
    while (!isOver) {
      count++;
    }
    assert count > 0;
  }

  static void healthy() {
    long count = 0;
    while (count < Long.MAX_VALUE) {
      count++;
      if (count % 1000 == 0) {
        Fiber.yield();
      }
    }
  }

  static void end() {
    isOver = true;
  }
}
