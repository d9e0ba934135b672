package gyre.terminal;

/** Takes what an {@link InputDecoder} has understood. */
public interface InputSink {
  /** Keys, mouse, paste, focus: what the user did. */
  void event(TerminalEvent event);

  /**
   * The terminal has answered a question of the program.
   *
   * @param sequence what stands between the CSI and the final character, at most {@link
   *     InputDecoder#MAX_SEQUENCE_BYTES}
   * @param last the final character, which says what is answered
   */
  default void reply(String sequence, char last) {}
}
