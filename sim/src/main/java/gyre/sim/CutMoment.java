package gyre.sim;

/** When a fiber that has parked is cut short. */
public enum CutMoment {
  /** Soon after it has parked: it is not woken yet, or has been in the meantime. */
  PARKED,
  /** It has been woken, and has not taken what it was woken for. */
  WOKEN
}
