package gyre.http.client;

import gyre.Deadline;
import gyre.Fiber;
import gyre.Source;
import gyre.http.HttpLimits;
import gyre.http.wire.AnswerReader;
import gyre.io.ByteStream;
import gyre.net.TcpStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A connection of the pool: one exchange at a time. */
final class ClientConnection implements AutoCloseable {
  /** What is known about the bytes that come next. */
  private enum State {
    /** An answer begins with the next byte, if a request is sent. */
    IDLE,
    /** A request is sent, or a part of it, and its answer is not complete. */
    BUSY,
    /** Nobody knows what comes next: never used again. */
    SPENT
  }

  private final TcpStream tcp;
  private final ByteStream stream;
  private final AnswerReader reader;
  final long resolveNanos;
  final long connectNanos;
  final long tlsNanos;
  private State state = State.IDLE;
  private int exchanges;

  /**
   * @param stream the same as {@code tcp}, or TLS over it
   */
  ClientConnection(
      TcpStream tcp,
      ByteStream stream,
      HttpLimits limits,
      long resolveNanos,
      long connectNanos,
      long tlsNanos) {
    this.tcp = tcp;
    this.stream = stream;
    this.reader = Wire.reader(limits);
    this.resolveNanos = resolveNanos;
    this.connectNanos = connectNanos;
    this.tlsNanos = tlsNanos;
  }

  ByteStream stream() {
    return stream;
  }

  AnswerReader reader() {
    return reader;
  }

  /** Whether it has carried an exchange before this one. */
  boolean isUsed() {
    return exchanges > 1;
  }

  /** For the pool: what lies in it unread belongs to no request, and so it is not used again. */
  boolean isReusable() {
    if (state != State.IDLE || !stream.isOpen() || !stream.input().isEmpty()) {
      return false;
    }
    return stream == tcp ? tcp.isReusable() : !stream.readable().isReady();
  }

  /** A request goes out now. */
  void begin(AnswerReader.Asked asked) {
    assert state == State.IDLE : state;
    state = State.BUSY;
    exchanges++;
    reader.begin(asked);
  }

  /** What was announced is not sent: the server may take the next request for it. */
  void spoil() {
    state = State.SPENT;
  }

  /** The answer is complete, and so is the request. */
  void ended(boolean mayPersist) {
    assert state != State.IDLE;
    if (state == State.BUSY && mayPersist && stream.input().isEmpty()) {
      state = State.IDLE;
    } else {
      state = State.SPENT;
    }
  }

  /** Whether it ended in a state for the next exchange. */
  boolean isIdle() {
    return state == State.IDLE;
  }

  /**
   * Waits until one of them is ready, or so long.
   *
   * @return whether one of them is
   */
  static boolean awaitEither(Source first, @Nullable Source second, long limitNanos) {
    if (first.isReady() || (second != null && second.isReady())) {
      return true;
    }
    Deadline deadline = Deadline.in(Duration.ofNanos(Math.max(0, limitNanos)));
    var ignored =
        second == null
            ? Fiber.awaitFirst(first, deadline)
            : Fiber.awaitFirst(first, second, deadline);
    return first.isReady() || (second != null && second.isReady());
  }

  @Override
  public void close() {
    if (state == State.BUSY) {
      stream.reset(); // the server must not take a part of the request for the whole
      tcp.reset();
    } else {
      stream.close();
      tcp.close();
    }
  }
}
