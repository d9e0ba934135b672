package gyre.http.websocket;

import gyre.Fiber;
import gyre.WaitPoint;
import gyre.io.ByteQueue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Direct style: what has arrived and was not received, which is bounded. */
final class Inbox implements WebSocketHandler {
  /** Beyond so many messages, or the bytes of a largest one, nothing is received. */
  private static final int MOST_MESSAGES = 16;

  private final Connection connection;
  private final long mostBytes;
  private final ArrayDeque<Message.Data> messages = new ArrayDeque<>(1);
  private final WaitPoint arrived = new Arrived();
  private long bytes;
  private Message.@Nullable Closed closed;

  Inbox(Connection connection, WebSocketOptions options) {
    this.connection = connection;
    this.mostBytes = options.messageBytes();
  }

  // ---- the handler

  @Override
  public void onText(WebSocket ws, ByteQueue text) {
    long size = text.size();
    put(new Message.Text(text.readString((int) size, StandardCharsets.UTF_8)), size);
  }

  @Override
  public void onBinary(WebSocket ws, ByteQueue binary) {
    long size = binary.size();
    put(new Message.Binary(binary.take((int) size)), size);
  }

  private void put(Message.Data message, long size) {
    messages.addLast(message);
    bytes += size;
    if (messages.size() >= MOST_MESSAGES || bytes >= mostBytes) {
      connection.pause();
    }
    arrived.wakeFirst();
  }

  @Override
  public void onClosed(WebSocket ws, int code, String reason) {
    closed = new Message.Closed(code, reason);
    arrived.wakeAll();
  }

  boolean isEmpty() {
    return messages.isEmpty();
  }

  // ---- the fiber

  Message receive() {
    while (messages.isEmpty() && closed == null) {
      if (connection.isCloseHeld()) {
        connection.answerClose();
      } else {
        Fiber.await(arrived);
      }
    }
    Message.Data next = messages.pollFirst();
    if (next == null) {
      return Objects.requireNonNull(closed);
    }
    if (messages.isEmpty()) {
      bytes = 0;
      connection.resume();
    }
    return next;
  }

  private final class Arrived extends WaitPoint {
    @Override
    public boolean isReady() {
      return !messages.isEmpty() || closed != null || connection.isCloseHeld();
    }

    @Override
    public String doing() {
      return "receiving from " + connection;
    }
  }
}
