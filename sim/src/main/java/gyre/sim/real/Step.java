package gyre.sim.real;

/**
 * What an end of a connection does next.
 *
 * @param bytes of one piece
 * @param pieces how many of them
 * @param micros how long it lasts, or until it is cancelled
 */
record Step(Kind kind, int bytes, int pieces, int micros) {
  enum Kind {
    // of writers
    COPY,
    ARRAY,
    SEGMENTS,
    FLUSH,
    CANCELLED_WRITE,
    WAKE,
    // of readers
    READ,
    AWAIT,
    KEEP,
    CANCELLED_READ,
    // of both
    PAUSE,
    YIELD
  }

  @Override
  public String toString() {
    return kind + "(" + bytes + "*" + pieces + ", " + micros + "us)";
  }
}
