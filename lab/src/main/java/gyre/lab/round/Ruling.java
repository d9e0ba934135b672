package gyre.lab.round;

/** A verdict and why. */
record Ruling(Verdict verdict, String reason) {
  /** As it stands in an entry. */
  Ruling inOneLine() {
    return new Ruling(verdict, EntryWriter.line(reason));
  }

  @Override
  public String toString() {
    return verdict.label() + ": " + reason;
  }
}
