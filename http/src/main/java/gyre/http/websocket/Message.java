package gyre.http.websocket;

/** What {@link WebSocket#receive} gives: a message of the peer, or the end. */
public sealed interface Message {
  /** A message of the peer. */
  sealed interface Data extends Message {}

  /** A message of text. */
  record Text(String text) implements Data {}

  /** A message of bytes, which are the receiver's own. */
  @SuppressWarnings("ArrayRecordComponent") // to be taken apart by a pattern; nobody compares them
  record Binary(byte[] bytes) implements Data {}

  /**
   * Nothing follows.
   *
   * @param code see {@link CloseCode}; {@link CloseCode#ABNORMAL} if the connection just broke
   * @param reason may be empty
   */
  record Closed(int code, String reason) implements Message {}
}
