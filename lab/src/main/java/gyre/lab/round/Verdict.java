package gyre.lab.round;

import java.util.Locale;

/** How a round ends. */
public enum Verdict {
  /** Measurably better, nothing worse, all gates green, and the profile says why. */
  ACCEPTED,
  /** Worse, wrong, or no better. */
  REJECTED,
  /** It may be better, but that cannot be shown here or now. */
  PARKED,
  /** Was accepted, and should not have been. */
  REVOKED,
  /** Nobody had a proposal worth a try. */
  NONE;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Verdict named(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
