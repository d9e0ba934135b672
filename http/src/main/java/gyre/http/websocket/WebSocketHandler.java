package gyre.http.websocket;

import gyre.io.ByteQueue;

/**
 * Takes what a WebSocket receives, in push style. All methods run in a fiber of the loop, one at a
 * time for each WebSocket, and must not wait. What they throw closes the WebSocket with code 1011
 * and is reported.
 *
 * <p>Payloads are lent for the call. One that is to be sent again is handed over as it is, without
 * copying: {@code ws.sendText(text)}.
 */
public interface WebSocketHandler {
  /** The handshake is done. */
  default void onOpen(WebSocket ws) throws Exception {}

  /** A message of text, which is UTF-8. */
  default void onText(WebSocket ws, ByteQueue text) throws Exception {}

  /** A message of bytes. */
  default void onBinary(WebSocket ws, ByteQueue bytes) throws Exception {}

  /** An answer to {@link WebSocket#ping}, or something that nobody has asked for. */
  default void onPong(WebSocket ws, ByteQueue payload) throws Exception {}

  /** What was sent is on its way, after {@link WebSocket#isWritable} had been false. */
  default void onDrained(WebSocket ws) throws Exception {}

  /**
   * Nothing follows. Called once and last, whatever the reason.
   *
   * @param code see {@link CloseCode}; {@link CloseCode#ABNORMAL} if the connection just broke
   */
  default void onClosed(WebSocket ws, int code, String reason) throws Exception {}
}
