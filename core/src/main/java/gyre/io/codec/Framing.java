package gyre.io.codec;

import gyre.io.ByteQueue;
import gyre.io.Codec;
import gyre.io.Decoder;
import gyre.io.Encoder;
import java.nio.charset.Charset;

/**
 * Where in a stream of bytes a message begins and ends. Immutable, as its kinds are; a stream takes
 * a {@link Codec} that is made of it:
 *
 * <pre>{@code
 * Codec<String, String> lines = Framing.lines(8192).text(StandardCharsets.UTF_8);
 * Codec<byte[], byte[]> frames = Framing.lengthPrefix(4, 65536).bytes();
 * }</pre>
 *
 * <p><b>Threads</b>: a framing and its codecs may be shared by all threads; a decoder or encoder is
 * of one stream, and has one user at a time. <b>Cancellation</b>: a decoder never waits, so there
 * is nothing to cancel; {@link gyre.io.MessageStream} says what becomes of a receive.
 * <b>Closing</b>: nothing is to be closed but messages that are queues. <b>Cost</b>: each byte is
 * looked at once however it comes, and nothing is allocated but the message.
 *
 * <p>Every framing has a limit, which is checked before memory is taken: a length that exceeds it
 * is refused as soon as it has been read, and so is a line without an end once it is as long.
 */
public abstract sealed class Framing
    permits Lines, Delimited, FixedSize, LengthPrefix, VarintPrefix, Netstrings, Cobs, Chunked {
  final int limitBytes;

  Framing(int limitBytes) {
    if (limitBytes < 1) {
      throw new IllegalArgumentException("a limit of " + limitBytes + " bytes: at least 1");
    }
    this.limitBytes = limitBytes;
  }

  // ---- kinds

  /**
   * Lines that end in LF or CR LF, and are written with LF.
   *
   * @param limitBytes what a line may have, its end included
   */
  public static Lines lines(int limitBytes) {
    return new Lines(limitBytes, false);
  }

  /**
   * Messages with the delimiter behind each.
   *
   * @param delimiter 1 to 64 bytes
   * @param limitBytes what a message may have, the delimiter included
   */
  public static Delimited delimiter(byte[] delimiter, int limitBytes) {
    return new Delimited(delimiter, limitBytes);
  }

  /** Messages that have all the same size. */
  public static FixedSize fixed(int bytes) {
    return new FixedSize(bytes);
  }

  /**
   * Messages with their length before them, as an unsigned number.
   *
   * @param lengthBytes of the number, 1 to 8
   * @param limitBytes what a message may have, the length not counted
   */
  public static LengthPrefix lengthPrefix(int lengthBytes, int limitBytes) {
    return new LengthPrefix(lengthBytes, limitBytes, false, 0);
  }

  /**
   * Messages with their length before them, as Protocol Buffers write it: seven bits a byte, the
   * lowest first, the highest bit set in all bytes but the last.
   *
   * @param limitBytes what a message may have, the length not counted
   */
  public static VarintPrefix varintPrefix(int limitBytes) {
    return new VarintPrefix(limitBytes);
  }

  /**
   * Netstrings: {@code 5:hello,}.
   *
   * @param limitBytes what a message may have, without what is around it
   */
  public static Netstrings netstrings(int limitBytes) {
    return new Netstrings(limitBytes);
  }

  /**
   * Consistent Overhead Byte Stuffing: messages without a zero byte in them, and one behind each,
   * so that a receiver finds the next message whatever has got lost.
   *
   * @param limitBytes what a message may have, before stuffing
   */
  public static Cobs cobs(int limitBytes) {
    return new Cobs(limitBytes);
  }

  /**
   * Messages in parts, each a message of {@code parts}, with an empty one at the end: for messages
   * whose length is not known at their beginning, or that are longer than a stream may hold.
   *
   * @param limitBytes what a message may have, all its parts together
   */
  public static Chunked chunked(Framing parts, int limitBytes) {
    return new Chunked(parts, limitBytes);
  }

  // ---- what is made of it

  /** The most that a message may have, counted as the kind says. */
  public final int limitBytes() {
    return limitBytes;
  }

  /** What of the limit is left for the message itself. */
  int contentBytes() {
    return limitBytes;
  }

  /** Finds the frames of one stream, and has {@code body} make messages of what is in them. */
  public abstract <T> Decoder<T> decoder(Body<T> body);

  /** Frames what {@code body} writes. */
  public <T> Encoder<T> encoder(BodyWriter<T> body) {
    return new FrameEncoder<>(wrapper(), body);
  }

  /** Messages as arrays. */
  public final Codec<byte[], byte[]> bytes() {
    return codec(Body.bytes(), BodyWriter.bytes());
  }

  /** Messages as text. */
  public final Codec<String, String> text(Charset charset) {
    return codec(Body.text(charset), BodyWriter.text(charset));
  }

  /** Messages as queues, which are moved and not copied; who receives one closes it. */
  public final Codec<ByteQueue, ByteQueue> queues() {
    return codec(Body.queue(), BodyWriter.queue());
  }

  /** Messages of any type, read from and written to the queue itself. */
  public final <I, O> Codec<I, O> codec(Body<I> received, BodyWriter<O> sent) {
    return Codec.of(() -> decoder(received), () -> encoder(sent));
  }

  /** What goes around a message. */
  abstract Wrapper wrapper();

  /** Turns the content of a frame into the frame, in its place. */
  @FunctionalInterface
  interface Wrapper {
    /**
     * Puts what goes around the content before and behind it.
     *
     * @throws IllegalArgumentException if the content can't be framed
     */
    void wrap(ByteQueue frame);
  }

  /** For wrappers: refuses what the other side could not read. */
  final void checkLength(long bytes) {
    if (bytes > limitBytes) {
      throw new IllegalArgumentException(
          "a message of " + bytes + " bytes exceeds the limit of " + limitBytes);
    }
  }
}
