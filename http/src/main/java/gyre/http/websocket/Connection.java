package gyre.http.websocket;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Registration;
import gyre.WaitPoint;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.io.Utf8Check;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

// Over 500 lines: both styles are this one, and most of it is the public interface.
/**
 * A WebSocket on a stream, from the end of the handshake on. Both styles are this one, over the
 * push style of the stream: direct style has an {@link Inbox} as its handler.
 *
 * <pre>
 *   OPEN --close frame sent--&gt; CLOSING --the peer's came, or time is up--&gt; ENDED
 *     '---- the peer's came and is answered, or the stream broke -----------&gt;
 * </pre>
 */
final class Connection implements WebSocket {
  enum State {
    OPEN,
    /** A close frame is sent, and the peer's is waited for: other messages are dropped. */
    CLOSING,
    /** The handler knows of the end. What was written may be under way. */
    ENDED
  }

  /** What a pair of close frames may say beside the code. */
  private static final int REASON_BYTES = 123;

  private final ByteStream stream;
  private final Host host;
  private final boolean isServer;
  private final Agreement agreement;
  private final WebSocketOptions options;
  private final WebSocketHandler handler;
  private final @Nullable Inbox inbox;
  private final LoopShare share;
  private final FrameParser parser;
  private final Outgoing out;
  private final Liveness liveness;
  private final Registration ending;
  private State state = State.OPEN;
  private @Nullable Set<Topic> topics;
  private final WaitPoint left = new Left();
  private boolean isPaused;
  private boolean isCloseHeld;
  private boolean hasLeft;

  /** On the stream's loop. {@link #open} follows. */
  @SuppressWarnings("this-escape") // told later
  Connection(
      ByteStream stream,
      Host host,
      boolean isServer,
      Agreement agreement,
      WebSocketOptions options,
      @Nullable WebSocketHandler handler) {
    this.stream = stream;
    this.host = host;
    this.isServer = isServer;
    this.agreement = agreement;
    this.options = options;
    if (handler == null) {
      Inbox own = new Inbox(this, options);
      this.inbox = own;
      this.handler = own;
    } else {
      this.inbox = null;
      this.handler = handler;
    }
    this.share = LoopShare.enter(stream.input(), options.deflaters());
    this.parser =
        new FrameParser(
            isServer,
            agreement.compression() != null,
            options.messageBytes(),
            share.scratch,
            stream.input());
    this.out = new Outgoing(this, stream, share, agreement.compression(), options, isServer);
    this.liveness = new Liveness(this, share.loop, options);
    this.ending = host.onEnding(() -> close(CloseCode.GOING_AWAY, ""));
  }

  /** Begins to take what arrives. */
  void open() {
    host.busy(true);
    try {
      stream.onData(new Input());
    } catch (RuntimeException e) { // it is closed already, and will not say so again
      end(CloseCode.ABNORMAL, "");
      leave();
      throw e;
    }
    told(() -> handler.onOpen(this));
  }

  // ---- for the parts

  boolean isDirect() {
    return inbox != null;
  }

  Liveness liveness() {
    return liveness;
  }

  State state() {
    return state;
  }

  /** Whether nothing is received because this end wants nothing. */
  boolean isPaused() {
    return isPaused;
  }

  Outgoing out() {
    return out;
  }

  boolean isServer() {
    return isServer;
  }

  LoopShare share() {
    return share;
  }

  void joined(Topic topic) {
    Set<Topic> known = topics;
    if (known == null) {
      known = new LinkedHashSet<>();
      topics = known;
    }
    boolean ignored = known.add(topic);
  }

  void parted(Topic topic) {
    Set<Topic> known = topics;
    if (known != null) {
      boolean ignored = known.remove(topic);
    }
  }

  /** The inbox is full. */
  void pause() {
    if (!isPaused && stream.isOpen()) {
      isPaused = true;
      stream.pauseInput();
    }
  }

  void resume() {
    if (isPaused && stream.isOpen()) {
      isPaused = false;
      stream.resumeInput();
    }
  }

  // ---- what the stream tells

  private final class Input implements DataHandler {
    @Override
    public void onData(ByteQueue in) {
      liveness.heard();
      receiveAll(in);
      parser.keep();
    }

    @Override
    public void onEnd(ByteStream ended) {
      end(CloseCode.ABNORMAL, "");
      stream.close();
    }

    @Override
    public void onFailure(ByteStream broken, IoException failure) {
      end(CloseCode.ABNORMAL, "");
    }

    @Override
    public void onDrained(ByteStream drained) {
      boolean wasFull = out.drained();
      if (wasFull && state == State.OPEN && out.isWritable()) {
        told(() -> handler.onDrained(Connection.this));
      }
    }

    @Override
    public void onClosed(ByteStream closed) {
      end(CloseCode.ABNORMAL, "");
      leave();
    }
  }

  private void receiveAll(ByteQueue in) {
    while (!isPaused) {
      if (state == State.ENDED) {
        in.clear();
        return;
      }
      switch (parser.next(in)) {
        case MORE -> {
          return;
        }
        case MESSAGE -> message(parser.message());
        case PING -> {
          if (liveness.mayControl()) {
            out.pong(parser.control());
          } else {
            fail(FrameProblem.TOO_MANY_CONTROLS);
          }
        }
        case PONG -> {
          if (liveness.mayControl()) {
            told(() -> handler.onPong(this, parser.control()));
          } else {
            fail(FrameProblem.TOO_MANY_CONTROLS);
          }
        }
        case CLOSE -> peerCloses();
        case FAILED -> fail(parser.problem());
      }
    }
  }

  private void message(ByteQueue message) {
    if (state == State.OPEN) {
      liveness.exchanged();
      if (parser.isCompressed()) {
        inflate(message);
      } else {
        deliver(message);
      }
    }
    parser.messageTaken();
  }

  /** Into a queue of its own: a handler may send, or park, before it has taken the message. */
  private void inflate(ByteQueue message) {
    try (ByteQueue inflated = message.sibling()) {
      FrameProblem problem =
          share.inflating.inflate(
              message, inflated, options.messageBytes(), options.inflationRatio());
      if (problem == null && parser.isText() && !isUtf8(inflated)) {
        problem = FrameProblem.INVALID_TEXT;
      }
      if (problem == null) {
        deliver(inflated);
      } else {
        fail(problem);
      }
    }
  }

  private static boolean isUtf8(ByteQueue bytes) {
    return Utf8Check.next(Utf8Check.COMPLETE, bytes, 0, bytes.size()) == Utf8Check.COMPLETE;
  }

  /** Allocates nothing, as the others that tell the handler may. */
  private void deliver(ByteQueue message) {
    try {
      if (parser.isText()) {
        handler.onText(this, message);
      } else {
        handler.onBinary(this, message);
      }
    } catch (CancelledException e) {
      throw e;
    } catch (Exception | Error e) {
      failed(e);
    }
  }

  // ---- telling the handler

  private interface Telling {
    void run() throws Exception;
  }

  private void told(Telling telling) {
    try {
      telling.run();
    } catch (CancelledException e) {
      throw e;
    } catch (Exception | Error e) {
      failed(e);
    }
  }

  /** The handler has failed. */
  void failed(Throwable failure) {
    HandlerFailure reported = new HandlerFailure(name(), failure);
    try {
      share.loop.post(() -> {
        throw reported;
      });
    } catch (RejectedExecutionException e) {
      reported.addSuppressed(e);
      throw reported;
    } finally {
      fail(CloseCode.INTERNAL_ERROR, "");
    }
  }

  /** Names the WebSocket. */
  private static final class HandlerFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HandlerFailure(String name, Throwable cause) {
      super("the handler of the WebSocket on " + name + " failed: " + cause, cause);
    }
  }

  // ---- the end

  /** In direct style messages that came before are received first, and may be answered. */
  private void peerCloses() {
    Inbox known = inbox;
    if (state == State.OPEN && known != null && !known.isEmpty()) {
      isCloseHeld = true;
      liveness.awaitReceiver();
    } else {
      answerClose();
    }
  }

  /** The peer's close frame waits until messages are received. */
  boolean isCloseHeld() {
    return isCloseHeld;
  }

  void answerClose() {
    isCloseHeld = false;
    int code = parser.closeCode();
    sayGoodBye(code, "");
    end(code, parser.closeReason());
    finish();
  }

  /** Sends a close frame, if none was sent: in direct style that may park. */
  private boolean sayGoodBye(int code, String reason) {
    if (state != State.OPEN) {
      return false;
    }
    state = State.CLOSING;
    out.close(code, reason);
    return true;
  }

  /** The peer has done wrong: it is told so, and nothing of it is understood any more. */
  void fail(FrameProblem problem) {
    fail(problem.code(), problem.text());
  }

  private void fail(int code, String text) {
    sayGoodBye(code, text);
    if (state != State.ENDED) {
      end(code, text);
      finish();
    }
  }

  /** The peer is dead, or too slow for a good-bye. */
  void abandon(int code, String text) {
    end(code, text);
    stream.reset();
  }

  /** The one place that ends it. */
  private void end(int code, String reason) {
    if (state == State.ENDED) {
      return;
    }
    state = State.ENDED;
    isCloseHeld = false;
    parser.clear();
    ending.close();
    Set<Topic> joined = topics;
    topics = null;
    if (joined != null) {
      joined.forEach(topic -> topic.unsubscribe(this));
    }
    out.ended();
    told(() -> handler.onClosed(this, code, reason));
  }

  /** The good-byes are said: the server ends the connection, and the client waits for that. */
  private void finish() {
    if (!stream.isOpen()) {
      return;
    }
    host.busy(false);
    resume();
    if (isServer) {
      out.finishThenClose();
    } else {
      liveness.awaitEnd();
    }
  }

  /** The stream is closed. */
  private void leave() {
    if (!hasLeft) {
      hasLeft = true;
      liveness.stop();
      out.forget();
      share.leave();
      left.wakeAll();
    }
  }

  /** Whoever owns the stream must not close it before, which would cut what is under way. */
  void awaitLeft() {
    if (!hasLeft) {
      Fiber.await(left);
    }
  }

  private final class Left extends WaitPoint {
    @Override
    public boolean isReady() {
      return hasLeft;
    }

    @Override
    public String doing() {
      return "closing " + Connection.this;
    }
  }

  // ---- what users call

  @Override
  public void close(int code, String reason) {
    CloseCode.checkMaySend(code);
    if (reason.getBytes(StandardCharsets.UTF_8).length > REASON_BYTES) {
      throw new IllegalArgumentException(
          "the reason has more than " + REASON_BYTES + " bytes: \"" + reason + "\"");
    }
    if (!sayGoodBye(code, reason)) {
      return;
    }
    if (isCloseHeld) {
      answerClose(); // both good-byes are said
    } else {
      resume();
      liveness.awaitClose();
    }
  }

  @Override
  public void close() {
    close(CloseCode.NORMAL, "");
    if (isDirect()) {
      awaitLeft();
    }
  }

  @Override
  public void reset() {
    if (stream.isOpen()) {
      end(CloseCode.ABNORMAL, "");
      stream.reset();
    }
  }

  @Override
  public boolean send(String text) {
    return out.awaitRoom() && out.text(text);
  }

  @Override
  public boolean send(byte[] bytes) {
    return out.awaitRoom() && out.binary(bytes);
  }

  @Override
  public boolean sendText(ByteQueue text) {
    return out.awaitRoom() ? out.message(Opcode.TEXT, text) : dropped(text);
  }

  @Override
  public boolean sendBinary(ByteQueue bytes) {
    return out.awaitRoom() ? out.message(Opcode.BINARY, bytes) : dropped(bytes);
  }

  private static boolean dropped(ByteQueue message) {
    message.clear();
    return false;
  }

  @Override
  public boolean ping(byte[] payload) {
    return out.ping(payload);
  }

  @Override
  public boolean isWritable() {
    return state == State.OPEN && out.isWritable();
  }

  @Override
  public Message receive() {
    return receiver().receive();
  }

  @Override
  public Iterator<Message.Data> iterator() {
    Inbox from = receiver();
    return new Iterator<>() {
      private Message.@Nullable Data next;

      @Override
      public boolean hasNext() {
        if (next == null && from.receive() instanceof Message.Data data) {
          next = data;
        }
        return next != null;
      }

      @Override
      public Message.Data next() {
        if (!hasNext() || next == null) {
          throw new NoSuchElementException("the WebSocket is closed");
        }
        Message.Data taken = next;
        next = null;
        return taken;
      }
    };
  }

  private Inbox receiver() {
    Inbox known = inbox;
    if (known == null) {
      throw new IllegalStateException("in push style messages are given to the handler");
    }
    return known;
  }

  @Override
  public boolean isOpen() {
    return state == State.OPEN && stream.isOpen();
  }

  @Override
  public @Nullable String subprotocol() {
    return agreement.subprotocol();
  }

  @Override
  public boolean isCompressed() {
    return agreement.compression() != null;
  }

  @Override
  public String name() {
    return stream.name();
  }

  @Override
  public String toString() {
    return "WebSocket[" + name() + ", " + state + "]";
  }
}
