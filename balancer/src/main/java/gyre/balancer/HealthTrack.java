package gyre.balancer;

/**
 * Turns results of checks into states: the first one decides at once, after that it takes {@code
 * rise} or {@code fall} in a row. Knows no clock.
 */
final class HealthTrack {
  private enum State {
    UNKNOWN,
    UP,
    DOWN
  }

  private State state = State.UNKNOWN;
  private int against;

  /** Whether the target is healthy after this result; {@link #isChanging} tells what is next. */
  boolean result(boolean isGood, int rise, int fall) {
    switch (state) {
      case UNKNOWN -> state = isGood ? State.UP : State.DOWN;
      case UP -> step(!isGood, fall, State.DOWN);
      case DOWN -> step(isGood, rise, State.UP);
    }
    return state == State.UP;
  }

  private void step(boolean isAgainst, int needed, State other) {
    against = isAgainst ? against + 1 : 0;
    if (against >= needed) {
      state = other;
      against = 0;
    }
  }

  /** Whether the last results contradict the state, so that it is worth looking again soon. */
  boolean isChanging() {
    return against > 0;
  }

  void forget() {
    state = State.UNKNOWN;
    against = 0;
  }
}
