package gyre.insight;

/** What a process answers to one question, in pieces. By the watchdog's thread. */
interface Answer {
  /** Where to. */
  interface Output {
    /** Whether the asker keeps up. */
    boolean hasRoom();

    void write(String text);
  }

  /**
   * Writes what there is; must not wait.
   *
   * @return whether that was all
   */
  boolean work(Output output);

  /** Nobody listens any more, or it is complete. */
  default void close() {}

  /** None, and why. */
  static Answer refused(String why) {
    return of(ControlClient.REFUSED + why + "\n");
  }

  /** One that is known already. */
  static Answer of(String text) {
    return output -> {
      output.write(text);
      return true;
    };
  }
}
