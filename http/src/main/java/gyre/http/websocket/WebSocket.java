package gyre.http.websocket;

import gyre.io.ByteQueue;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket, of a server or a client. It belongs to a loop and is used on that alone. Messages
 * are never mixed: any number of fibers may send.
 *
 * <p>In <b>direct style</b> a fiber receives:
 *
 * <pre>{@code
 * for (Message.Data message : ws) {
 *   switch (message) {
 *     case Message.Text(String text) -> ws.send(text);
 *     case Message.Binary(byte[] bytes) -> ws.send(bytes);
 *   }
 * }
 * }</pre>
 *
 * <p>In <b>push style</b> a {@link WebSocketHandler} is given what arrives.
 *
 * <p>Pings are answered, silent peers are found, and the closing handshake is done without help. A
 * send answers false where the WebSocket is closing or closed, and the message goes nowhere. While
 * the peer is slow, a send in direct style parks. In push style up to {@link
 * WebSocketOptions#backlogBytes} wait, and a peer that is behind that far is closed with code 1008:
 * look at {@link #isWritable}.
 */
public interface WebSocket extends Iterable<Message.Data>, AutoCloseable {
  // ---- sending

  /** Sends a text. Surrogates without a partner become question marks. */
  boolean send(String text);

  /** Sends bytes, which are copied. */
  boolean send(byte[] bytes);

  /**
   * Sends a text that is UTF-8 already, which is not checked. The queue is empty afterwards,
   * whatever became of it.
   */
  boolean sendText(ByteQueue text);

  /** Sends bytes. The queue is empty afterwards, whatever became of it. */
  boolean sendBinary(ByteQueue bytes);

  /**
   * Asks the peer for a sign of life, beside those that are asked for anyway.
   *
   * @param payload at most 125 bytes, which come back in {@link WebSocketHandler#onPong}
   */
  boolean ping(byte[] payload);

  /** Whether a message would go out without waiting behind others. */
  boolean isWritable();

  // ---- receiving, in direct style

  /**
   * The next message, or the end, as often as it is asked for. Parks until there is one. Cancelled,
   * it has taken nothing. One fiber receives at a time.
   *
   * @throws IllegalStateException in push style
   */
  Message receive();

  // ---- about it

  /** Whether messages can be sent. */
  boolean isOpen();

  /** What both ends have agreed on; null if on nothing. */
  @Nullable String subprotocol();

  /** Whether messages are compressed. */
  boolean isCompressed();

  /** What the connection is called in failures and reports. */
  String name();

  // ---- closing

  /** As {@link #close(int, String)} with code 1000; in direct style parks until it is closed. */
  @Override
  void close();

  /**
   * Says good-bye behind what was sent. The peer has {@link WebSocketOptions#closeTimeout} to
   * answer, then the connection is reset. Does not wait, and does nothing if it is closing already.
   *
   * @param code {@link CloseCode#NORMAL}, or 3000 to 4999
   * @param reason at most 123 bytes of UTF-8
   */
  void close(int code, String reason);

  /** Ends the connection without a word. */
  void reset();
}
