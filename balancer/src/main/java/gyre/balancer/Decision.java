package gyre.balancer;

/** What a pool says to a client that wants a target. */
sealed interface Decision {
  /** This one; a connection is counted there already, and has to be given back. */
  record Chosen(Target target) implements Decision {}

  /** All that could be chosen are full. */
  record Full() implements Decision {
    static final Full INSTANCE = new Full();
  }

  /** There is none. */
  record Nobody(String reason) implements Decision {}
}
