package gyre.io;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.Loop;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Messages over a stream of bytes, of whatever kind: TCP has no messages, and what one read gives
 * is rarely one.
 *
 * <pre>{@code
 * try (MessageStream<String, String> peer = MessageStream.over(stream, LINES)) {
 *   for (String line : peer) {
 *     peer.send(answerTo(line));
 *   }
 * }
 * }</pre>
 *
 * <p><b>Threads.</b> On the loop of the stream. One fiber receives at a time, and one sends; they
 * may be two.
 *
 * <p><b>Cancellation.</b> A receive that is cancelled has consumed nothing: a message of which a
 * part has come stays in the stream, and the next receive gives it. A send that is cancelled has
 * taken its message all the same: what is left of it goes out before what comes next, at the next
 * {@link #send}, {@link #flush} or {@link #shutdownOutput}. {@link #close} sends it too, or resets
 * the stream, so that the other side does not take a part for the whole.
 *
 * <p><b>Limits.</b> The decoder has a limit for a message, which must fit into what the stream may
 * hold unconsumed. {@link #messageTimeout} limits the time from the first byte of a message to its
 * last. Failures that the other side has caused count as its own: see {@link ByteSource#byPeer}.
 *
 * @param <I> what is received
 * @param <O> what is sent
 */
public final class MessageStream<I, O> implements Iterable<I>, AutoCloseable {
  /** Shorter messages are copied to the output, where they share a block with their neighbours. */
  private static final int COPIED_BYTES = 512;

  /** Beyond that whoever is cancelled again and again is not let go on. */
  private static final long MOST_UNSENT_BYTES = 1 << 20;

  private final ByteStream stream;
  private final Decoder<I> decoder;
  private final Encoder<O> encoder;

  /** Received for {@link Iterator#hasNext}, and not given to anybody yet. */
  private @Nullable I ahead;

  private long timeoutNanos;

  /** When the first byte of the message that is not whole was seen. */
  private long begunNanos;

  private boolean isBegun;

  /**
   * A message being sent; something is left in one of them only after a send that was cancelled.
   */
  private final ByteQueue longOutput;

  private @Nullable ByteBuffer shortOutput;
  private boolean isSending;

  private MessageStream(ByteStream stream, Decoder<I> decoder, Encoder<O> encoder) {
    this.stream = stream;
    this.decoder = decoder;
    this.encoder = encoder;
    this.longOutput = stream.input().sibling();
  }

  /**
   * Messages over a stream from here on; bytes that it holds already are the first.
   *
   * @throws IllegalArgumentException if a message may be longer than what the stream may hold
   */
  public static <I, O> MessageStream<I, O> over(ByteStream stream, Codec<I, O> codec) {
    Decoder<I> decoder = codec.decoder();
    if (decoder.limitBytes() > stream.awaitLimitBytes()) {
      throw new IllegalArgumentException(
          "messages of up to "
              + decoder.limitBytes()
              + " bytes with what is around them, but "
              + stream.name()
              + " holds at most "
              + stream.awaitLimitBytes()
              + ": lower the limit of the framing, or raise the stream's inputLimitBytes");
    }
    return new MessageStream<>(stream, decoder, codec.encoder());
  }

  /** The stream below. What is read from it directly is lost for the messages. */
  public ByteStream stream() {
    return stream;
  }

  /** As that of the stream. */
  public String name() {
    return stream.name();
  }

  // ---- receiving

  /**
   * Limits the time from the first byte of a message to its last: whoever sends a byte now and then
   * is not silent, and would be waited for as long as they like. Zero, the default, is for ever.
   * The time between messages is the stream's matter.
   */
  public void messageTimeout(Duration limit) {
    if (limit.isNegative()) {
      throw new IllegalArgumentException("messageTimeout is " + limit + ": must not be negative");
    }
    timeoutNanos = TimeUnit.NANOSECONDS.convert(limit);
  }

  /**
   * Receives a message, and parks until it is whole.
   *
   * @return null at the end of the stream
   * @throws DecodeException if what comes is no message, or too long
   * @throws EndOfStreamException if the stream ends within a message
   * @throws MessageTimeoutException if the end of a message does not come in time; then receiving
   *     may be tried again, with as much time
   */
  public @Nullable I receive() {
    I message = ahead;
    ahead = null;
    ByteQueue in = stream.input();
    while (message == null) {
      message = decode(in);
      if (message == null && !awaitBytes(in)) {
        checkEnd(in);
        return null;
      }
    }
    isBegun = false;
    return message;
  }

  private @Nullable I decode(ByteQueue in) {
    try {
      return decoder.decode(in);
    } catch (DecodeException e) {
      throw stream.byPeer(e.of(stream.name()));
    }
  }

  private boolean awaitBytes(ByteQueue in) {
    int bytes = (int) Math.max(in.size() + 1, decoder.neededBytes());
    boolean isPartial = !in.isEmpty() || decoder.isWithinMessage();
    if (timeoutNanos == 0) {
      return stream.await(bytes);
    }
    // Byte by byte, for the first of them starts the clock.
    return isPartial ? awaitInTime(bytes) : stream.await(1);
  }

  private boolean awaitInTime(int bytes) {
    long nowNanos = Loop.current().nanoTime();
    if (!isBegun) {
      isBegun = true;
      begunNanos = nowNanos;
    }
    long leftNanos = timeoutNanos - (nowNanos - begunNanos);
    if (leftNanos <= 0) {
      throw tooSlow();
    }
    try {
      return Cancellation.within(Duration.ofNanos(leftNanos), () -> stream.await(bytes));
    } catch (DeadlineExceededException e) {
      Cancellation.current().check(); // if it is the caller's own limit that has passed
      throw tooSlow();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError("waiting throws nothing that is checked", e);
    }
  }

  private MessageTimeoutException tooSlow() {
    isBegun = false;
    String reason =
        "not whole within "
            + TimeUnit.NANOSECONDS.toMillis(timeoutNanos)
            + " ms, "
            + stream.input().size()
            + " bytes have come";
    return stream.byPeer(new MessageTimeoutException(stream.name(), reason));
  }

  private void checkEnd(ByteQueue in) {
    if (!in.isEmpty() || decoder.isWithinMessage()) {
      decoder.discard();
      throw stream.byPeer(
          new EndOfStreamException(
              "receive a message from",
              stream.name(),
              "the stream ended within a message, of which the last "
                  + in.size()
                  + " bytes are unread"));
    }
  }

  /**
   * Receives until the end of the stream: each {@link Iterator#hasNext} parks until there is a
   * message. All iterators go on where the last one was left.
   */
  @Override
  public Iterator<I> iterator() {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        if (ahead == null) {
          ahead = receive();
        }
        return ahead != null;
      }

      @Override
      public I next() {
        I message = receive();
        if (message == null) {
          throw new NoSuchElementException(name() + " has ended");
        }
        return message;
      }
    };
  }

  // ---- sending

  /**
   * Sends a message; parks while the other side is slow.
   *
   * @throws IllegalArgumentException if the message can't be framed; nothing was sent
   */
  public void send(O message) {
    beginSending();
    try {
      encodeAndWrite(message);
    } finally {
      isSending = false;
    }
  }

  private void encodeAndWrite(O message) {
    long before = unsentBytes();
    if (before > MOST_UNSENT_BYTES) {
      throw new IllegalStateException(
          before + " bytes are unsent because their sends were cancelled: flush them first");
    }
    encoder.encode(message, longOutput);
    long bytes = unsentBytes();
    if (before == 0 && bytes <= COPIED_BYTES) {
      ByteBuffer buffer = shortOutput();
      buffer.clear();
      longOutput.read(buffer);
      buffer.flip();
    }
    boolean isRefused = true;
    try {
      writeRest();
      isRefused = false;
    } catch (CancelledException e) {
      isRefused = false; // it is taken, and goes out later
      throw e;
    } finally {
      if (isRefused && unsentBytes() == bytes) {
        dropRest(); // nothing was sent
      }
    }
  }

  private ByteBuffer shortOutput() {
    ByteBuffer buffer = shortOutput;
    if (buffer == null) {
      buffer = ByteBuffer.allocate(COPIED_BYTES);
      shortOutput = buffer;
    }
    return buffer;
  }

  /** Parks until everything sent has been handed on. */
  public void flush() {
    beginSending();
    try {
      writeRest();
      stream.flush();
    } finally {
      isSending = false;
    }
  }

  /** Tells the other side, after what was sent, that no message follows. Receiving goes on. */
  public void shutdownOutput() {
    beginSending();
    try {
      writeRest();
      stream.shutdownOutput();
    } finally {
      isSending = false;
    }
  }

  private void beginSending() {
    if (isSending) {
      throw new IllegalStateException("another fiber is sending to " + name() + " already");
    }
    isSending = true;
  }

  private long unsentBytes() {
    ByteBuffer buffer = shortOutput;
    return longOutput.size() + (buffer == null ? 0 : buffer.remaining());
  }

  private void writeRest() {
    ByteBuffer buffer = shortOutput;
    if (buffer != null && buffer.hasRemaining()) {
      stream.write(buffer);
    }
    if (!longOutput.isEmpty()) {
      stream.write(longOutput);
    }
  }

  private void dropRest() {
    longOutput.clear();
    ByteBuffer buffer = shortOutput;
    if (buffer != null) {
      buffer.limit(buffer.position());
    }
  }

  // ---- closing

  /** Sends what a cancelled send has left, and closes the stream; see {@link ByteStream#close}. */
  @Override
  public void close() {
    ahead = null;
    decoder.discard();
    if (unsentBytes() > 0 && stream.isOpen()) {
      finishLast();
    }
    dropRest();
    stream.close();
  }

  /** A part of a message was sent: the rest has to follow, or the other side to hear of it. */
  private void finishLast() {
    try {
      writeRest();
    } catch (RuntimeException e) {
      // A cancelled fiber can't wait; and where the stream is broken close() tells so.
      stream.reset();
    }
  }

  @Override
  public String toString() {
    return "messages over " + name();
  }
}
