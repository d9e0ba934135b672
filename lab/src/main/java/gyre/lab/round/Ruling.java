package gyre.lab.round;

/** A verdict and why. */
record Ruling(Verdict verdict, String reason) {
  @Override
  public String toString() {
    return verdict.label() + ": " + reason;
  }
}
