package gyre.io;

import org.jspecify.annotations.Nullable;

/**
 * Makes messages of bytes, without I/O: bytes go in, messages come out. {@code gyre.io.codec} has
 * those for the usual framings; a protocol of your own implements this.
 *
 * <p>The bytes may be cut anywhere. A decoder takes a message off the queue when it is whole, and
 * nothing before that. It has no clock: whoever needs time passes it in.
 *
 * <p>A decoder has state, so each stream has its own. It is used by one thread at a time. Who reads
 * the queue otherwise in between, uses a new decoder afterwards.
 *
 * <p>To work on what remains of a stream, as after an upgrade of the protocol, just stop decoding:
 * the queue begins with the first byte after the last message.
 */
public interface Decoder<T> {
  /**
   * Takes the next message from the front of the queue.
   *
   * @return null if it is not whole yet: add bytes, and call again
   * @throws DecodeException if the bytes are no message, or one that is longer than the limit. The
   *     stream can't be read on: every further call throws too, unless the framing says otherwise
   */
  @Nullable T decode(ByteQueue input);

  /**
   * The most bytes that lie in the queue before {@link #decode} gives a message or throws. Whoever
   * fills the queue stops there.
   */
  int limitBytes();

  /**
   * After a {@link #decode} that gave null: with fewer bytes in the queue the next one gives null
   * too. For those who wait for bytes; 0 if it is not known.
   */
  default long neededBytes() {
    return 0;
  }

  /**
   * Whether the decoder itself holds the beginning of a message whose rest has not come: then the
   * end of the stream is an error though the queue is empty.
   */
  default boolean isWithinMessage() {
    return false;
  }

  /** Drops what the decoder itself holds, and gives back its memory: nothing more is decoded. */
  default void discard() {}
}
