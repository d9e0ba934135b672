package gyre.io;

/**
 * Makes bytes of messages: the other direction of a {@link Decoder}. Used by one thread at a time,
 * and by one stream.
 */
@FunctionalInterface
public interface Encoder<T> {
  /**
   * Appends a message to the queue.
   *
   * @throws IllegalArgumentException if the other side could not read it: it is longer than the
   *     limit, or contains what ends a message. The queue is as it was before
   */
  void encode(T message, ByteQueue output);
}
