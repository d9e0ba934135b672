package gyre.io;

import gyre.Fiber;
import gyre.Source;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;

/**
 * What reads and writes bytes, whatever it comes from: a socket, a pipe, a terminal. Code that is
 * written for it works for every kind.
 *
 * <p>Two ways to use it, on one implementation. In <b>direct style</b> a fiber calls {@link #read}
 * and {@link #write}, which park it where they have to wait; one fiber may read while another
 * writes. In <b>push style</b> {@link #onData} is given what arrives.
 *
 * <p>Nothing is unbounded. A writer parks while more than the stream's output limit waits to be
 * sent, and a push handler is not called then; receiving pauses while more than its input limit is
 * not consumed.
 */
public interface ByteStream extends ByteSource, ByteSink, AutoCloseable {
  /** Whether nobody has begun to close it. */
  boolean isOpen();

  // ---- waiting for this or something else

  /** As {@link #readable(int)}, for a byte. */
  Source readable();

  /**
   * Ready while {@link #await} for so many bytes would not park: they are there, or the end, a
   * failure or a timeout has come, or the stream is closed; the read tells which. For a fiber that
   * waits for one of several things: {@link Fiber#awaitFirst}. Waiting consumes nothing.
   *
   * <p>The stream's time limit for a read runs while a fiber waits. One fiber reads or waits for
   * this at a time: a second one is refused with {@link IllegalStateException}, and so is one in
   * push style. Asking again for the same number gives the same source.
   *
   * @param bytes at least 1, at most {@link #awaitLimitBytes}
   */
  Source readable(int bytes);

  /**
   * Ready while a write of a few bytes would not park: there is room below the stream's output
   * limit, or the write would throw, since the output has failed, was shut down or is closed. Any
   * number of fibers may wait.
   */
  Source writable();

  /**
   * Ready while {@link #flush} would not park: everything written has been handed to the kernel, or
   * never will be, which that call then tells. Any number of fibers may wait.
   */
  Source drained();

  /** Tells the other side, after what was written, that nothing more comes. Reading goes on. */
  void shutdownOutput();

  /**
   * Ends it at once, so that the other side is told that it was cut short, where the kind can tell;
   * what was written and not sent is lost.
   */
  void reset();

  /** Sends what was written, within the stream's limit of time, and ends it. */
  @Override
  void close();

  // ---- push style

  /** Has {@code handler} take what arrives from now on, and what is there already. */
  void onData(DataHandler handler);

  /**
   * Stops calling the handler of {@link #onData}, and receiving, until {@link #resumeInput}: for
   * those who pass on what they get to something slower.
   */
  void pauseInput();

  /** Ends a {@link #pauseInput}. What has arrived meanwhile is shown to the handler. */
  void resumeInput();

  /** Whether less waits to be sent than the stream's limit. */
  boolean isWritable();

  /** Bytes written that are still here. */
  long pendingOutputBytes();

  /**
   * How many bytes a write takes now without parking; 0 while it is full, as {@link #isWritable}
   * says, with the same consequences for a push handler. For layers that write outside of fibers.
   */
  default long outputRoomBytes() {
    return isWritable() ? 1 : 0;
  }

  /**
   * For push handlers that write one thing in several parts, of which none may be missing: throws
   * what a write of so many bytes would throw if it was refused, and {@link DataHandler#onDrained}
   * follows then too. In a fiber, whose writes park instead, it does nothing.
   *
   * @throws OutputFullException if there is no room or no memory for them
   */
  default void checkOutputRoom(long bytes) {}

  // ---- for protocols, while the loop's memory is scarce

  /**
   * Whether it is want of memory here that keeps its peer from getting on: the peer has sent more,
   * which can't be received, or what it asked for can't be written. Who limits a peer's time asks
   * this when the time is over, since this part of it was not the peer's. May cost a system call.
   */
  default boolean isKeptWaiting() {
    return false;
  }

  /**
   * Tells how many bytes of a message were moved out of {@link #input} and are kept until the rest
   * has come: they count as held by this stream. 0 when the message is whole or dropped.
   */
  default void keptBytes(long bytes) {}

  // ---- rates

  /**
   * Receives no faster than this allows from now on, in either style; a former limit is left.
   *
   * @throws IllegalArgumentException if the limit is of another loop
   * @throws UnsupportedOperationException if this kind of stream can't: limit the one below it
   */
  default void limitInput(ByteRateLimit limit) {
    throw new UnsupportedOperationException(name() + " has no limits: limit the stream below it");
  }

  /**
   * Sends no faster than this allows from now on: what is written faster waits, and fills the
   * output. What is being sent already counts in the former limit. Throws as {@link #limitInput}.
   */
  default void limitOutput(ByteRateLimit limit) {
    throw new UnsupportedOperationException(name() + " has no limits: limit the stream below it");
  }

  // ---- with others

  /**
   * Passes on what each of two streams receives to the other, until both have ended. Parks until
   * then. See {@link Pipe} for how that ends.
   *
   * @return what was passed on
   */
  static Pipe pipe(ByteStream left, ByteStream right) {
    Pipe pipe = Pipe.between(left, right);
    pipe.run();
    return pipe;
  }

  /**
   * As {@link #pipe(ByteStream, ByteStream)}, and gives up when nothing moved in either direction
   * for so long.
   */
  static Pipe pipe(ByteStream left, ByteStream right, Duration idleTimeout) {
    Pipe pipe = Pipe.between(left, right, idleTimeout);
    pipe.run();
    return pipe;
  }

  /**
   * As {@link #pipe(ByteStream, ByteStream)}, with limits of time and of speed: a proxy as one
   * call.
   */
  static Pipe pipe(ByteStream left, ByteStream right, PipeLimits limits) {
    Pipe pipe = Pipe.between(left, right, limits);
    pipe.run();
    return pipe;
  }

  /**
   * Reads from this stream, for libraries of the JDK's world. A read parks the calling fiber, so it
   * is for fibers of the stream's loop alone.
   *
   * <p>A failure of the stream is an {@link java.io.IOException} with the {@link IoException} as
   * its cause; one that is a timeout is a {@link java.net.SocketTimeoutException}, after which
   * reading may go on if the stream does. Cancellation stays what it is, an unchecked exception:
   * code between must not take it for a matter of this stream.
   *
   * <p>Closing it ends nothing but the reading through it: the stream is closed by whoever has
   * opened it.
   */
  default InputStream asInputStream() {
    return new SourceInputStream(this);
  }

  /**
   * Writes to this stream, for libraries of the JDK's world. Failures are those of {@link
   * #asInputStream}. A flush parks until everything has been handed on.
   *
   * <p>Closing it is {@link #flush} and {@link #shutdownOutput}: the other side is told that
   * nothing more comes, and reading goes on.
   */
  default OutputStream asOutputStream() {
    return new SinkOutputStream(this);
  }
}
