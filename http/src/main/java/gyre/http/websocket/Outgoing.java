package gyre.http.websocket;

import gyre.ClosedException;
import gyre.Fiber;
import gyre.WaitPoint;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.IoException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What a WebSocket sends. A frame is handed to the stream as one piece, or it waits in the backlog
 * behind those before it, so that no two are ever mixed, whoever sends and wherever he parks.
 */
final class Outgoing {
  /** The stream takes so much whenever it is writable, in a callback too. */
  private static final int PIECE_BYTES = 16 * 1024;

  private static final int CONTROL_BYTES = 125;

  private final Connection connection;
  private final ByteStream stream;
  private final LoopShare share;
  private final @Nullable Compression compression;
  private final WebSocketOptions options;
  private final @Nullable RandomGenerator masks;
  private final ByteQueue backlog;
  private final WaitPoint room = new Room();

  /**
   * The answer to the last ping, where there was no room for it: one is enough, RFC 6455, 5.5.3.
   */
  private byte @Nullable [] pong;

  /** What topics will send when there is room, the latest of each. */
  private @Nullable Map<Topic, Publication> latest;

  private boolean closesWhenDone;
  private boolean wasFull;

  Outgoing(
      Connection connection,
      ByteStream stream,
      LoopShare share,
      @Nullable Compression compression,
      WebSocketOptions options,
      boolean isServer) {
    this.connection = connection;
    this.stream = stream;
    this.share = share;
    this.compression = compression;
    this.options = options;
    this.masks = isServer ? null : options.random();
    this.backlog = stream.input().sibling();
  }

  // ---- room

  /** Whether a frame would be handed to the stream at once. */
  boolean isWritable() {
    if (backlog.isEmpty() && stream.isWritable()) {
      return true;
    }
    wasFull = true;
    return false;
  }

  /** In direct style parks while there is a backlog; false if nothing can be sent any more. */
  boolean awaitRoom() {
    while (connection.isDirect() && !backlog.isEmpty() && connection.isOpen()) {
      Fiber.await(room);
    }
    return connection.isOpen();
  }

  private final class Room extends WaitPoint {
    @Override
    public boolean isReady() {
      return backlog.isEmpty() || !connection.isOpen();
    }

    @Override
    public String doing() {
      return "sending to " + connection;
    }
  }

  // ---- messages

  boolean text(String text) {
    ByteQueue payload = share.payload;
    payload.append(text);
    return message(Opcode.TEXT, payload);
  }

  boolean binary(byte[] bytes) {
    ByteQueue payload = share.payload;
    payload.append(bytes);
    return message(Opcode.BINARY, payload);
  }

  /** Takes all of the queue. */
  boolean message(int opcode, ByteQueue payload) {
    assert connection.state() == Connection.State.OPEN;
    connection.liveness().exchanged();
    Compression agreed = compression;
    if (agreed == null || payload.size() < options.compressFromBytes()) {
      return frame(FrameHead.FIN | opcode, payload);
    }
    Object owner = agreed.keepsContext() ? this : null;
    ByteQueue compressed = share.compressed;
    try {
      share.deflaters.compress(owner, agreed.windowBits(), payload, compressed);
      return frame(FrameHead.FIN | FrameHead.COMPRESSED | opcode, compressed);
    } finally {
      payload.clear();
      compressed.clear();
    }
  }

  /** Sends a frame and takes all of the payload. */
  private boolean frame(int first, ByteQueue payload) {
    ByteQueue frame = share.frame;
    assert frame.isEmpty() : "another frame is under way";
    RandomGenerator chosen = masks;
    long length = payload.size();
    try {
      if (chosen == null) {
        frame.append(share.head, 0, FrameHead.write(share.head, first, length));
        frame.append(payload);
      } else {
        int key = chosen.nextInt();
        frame.append(share.head, 0, FrameHead.write(share.head, first, length, key));
        copyMasked(payload, frame, key);
      }
      return hand(frame);
    } finally {
      // Where memory was short: nothing of it must get into the next frame, which is another's.
      payload.clear();
      frame.clear();
    }
  }

  /** A copy, since the payload may lie in memory that only may be read. */
  private void copyMasked(ByteQueue payload, ByteQueue frame, int key) {
    long head = frame.size();
    long length = payload.size();
    while (!payload.isEmpty()) {
      int bytes = payload.read(share.scratch, 0, share.scratch.length);
      frame.append(share.scratch, 0, bytes);
    }
    frame.xor(head, length, key);
  }

  /** The frame is empty afterwards. */
  private boolean hand(ByteQueue frame) {
    if (backlog.isEmpty() && frame.size() <= PIECE_BYTES && stream.isWritable()) {
      return write(frame);
    }
    wasFull = true;
    boolean isTooMuch =
        !connection.isDirect()
            && !backlog.isEmpty()
            && backlog.size() + frame.size() > options.backlogBytes();
    if (isTooMuch) {
      frame.clear();
      tooSlow();
      return false;
    }
    backlog.append(frame);
    boolean ignored = backlog.copyPinned(); // else it stays where it is
    sendBacklog();
    return true;
  }

  private boolean write(ByteQueue bytes) {
    try {
      stream.write(bytes);
      return true;
    } catch (IoException | ClosedException e) {
      bytes.clear(); // it broke, which the handler hears in its turn
      return false;
    }
  }

  void tooSlow() {
    connection.abandon(FrameProblem.TOO_SLOW.code(), FrameProblem.TOO_SLOW.text());
  }

  private void sendBacklog() {
    while (!backlog.isEmpty() && stream.isOpen() && stream.isWritable()) {
      try (ByteQueue piece = backlog.sibling()) {
        piece.append(backlog, Math.min(PIECE_BYTES, backlog.size()));
        if (!write(piece)) {
          backlog.clear();
        }
      }
    }
  }

  // ---- control frames

  void pong(ByteQueue payload) {
    if (isWritable()) {
      boolean ignored = frame(FrameHead.FIN | Opcode.PONG, payload);
    } else {
      pong = payload.take((int) payload.size());
    }
  }

  boolean ping(byte[] payload) {
    if (payload.length > CONTROL_BYTES) {
      throw new IllegalArgumentException(
          "a ping of " + payload.length + " bytes: at most " + CONTROL_BYTES);
    }
    if (!connection.isOpen() || !isWritable()) {
      return false;
    }
    share.payload.append(payload);
    return frame(FrameHead.FIN | Opcode.PING, share.payload);
  }

  /** Says good-bye behind everything else. */
  void close(int code, String reason) {
    if (!stream.isOpen()) {
      return;
    }
    ByteQueue payload = share.payload;
    if (code != CloseCode.NONE) {
      payload.appendShort(code);
      payload.append(reason.getBytes(StandardCharsets.UTF_8));
    }
    boolean ignored = frame(FrameHead.FIN | Opcode.CLOSE, payload);
  }

  void finishThenClose() {
    if (backlog.isEmpty()) {
      stream.close();
    } else {
      closesWhenDone = true;
      connection.liveness().awaitEnd();
    }
  }

  // ---- for topics

  /** Sends a frame that is ready, where there is room. */
  boolean prepared(Publication publication) {
    if (!connection.isOpen() || !isWritable()) {
      return false;
    }
    Compression agreed = compression;
    boolean isCompressed =
        agreed != null
            && agreed.windowBits() == Compression.MOST_WINDOW_BITS
            && publication.length() >= options.compressFromBytes();
    if (isCompressed) {
      share.deflaters.giveBack(this); // it would refer to a message that it does not know
    }
    ByteQueue frame = share.frame;
    frame.append(isCompressed ? publication.compressed() : publication.plain());
    connection.liveness().exchanged();
    try {
      return hand(frame);
    } finally {
      frame.clear();
    }
  }

  /** True if another one was to be sent, which is not any more. */
  boolean keepLatest(Topic topic, Publication publication) {
    Map<Topic, Publication> known = latest;
    if (known == null) {
      known = new LinkedHashMap<>();
      latest = known;
    }
    return known.put(topic, publication) != null;
  }

  void forgetLatest(Topic topic) {
    Map<Topic, Publication> known = latest;
    if (known != null) {
      Publication ignored = known.remove(topic);
    }
  }

  private void sendLatest() {
    Map<Topic, Publication> known = latest;
    while (known != null && !known.isEmpty() && isWritable()) {
      Map.Entry<Topic, Publication> first = known.entrySet().iterator().next();
      Publication ignored = known.remove(first.getKey());
      boolean _ = prepared(first.getValue());
    }
  }

  // ---- the stream has room again

  /** True if whoever had looked for room found none, and there is now. */
  boolean drained() {
    sendBacklog();
    if (!backlog.isEmpty()) {
      return false;
    }
    if (closesWhenDone) {
      stream.close();
      return false;
    }
    byte[] owed = pong;
    if (owed != null && connection.isOpen()) {
      pong = null;
      share.payload.append(owed);
      boolean ignored = frame(FrameHead.FIN | Opcode.PONG, share.payload);
    }
    sendLatest();
    room.wakeAll();
    boolean isNews = wasFull;
    wasFull = false;
    return isNews;
  }

  /** The WebSocket says no more. */
  void ended() {
    pong = null;
    latest = null;
    share.deflaters.giveBack(this);
    room.wakeAll();
  }

  /** It has sent nothing for a while. */
  void idle() {
    share.deflaters.giveBack(this);
  }

  /** The stream is closed. */
  void forget() {
    backlog.clear();
    share.deflaters.giveBack(this);
    room.wakeAll();
  }
}
