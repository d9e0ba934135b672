package gyre.lab.program;

/** Work that drives itself. Everything that lasts is set up before the first round. */
interface Round {
  /** Does it once, and says what came out. */
  void run(Figures figures) throws Exception;

  /** After the last round: removes what would be left behind. */
  default void close() throws Exception {}
}
