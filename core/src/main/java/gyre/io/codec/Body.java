package gyre.io.codec;

import gyre.io.ByteQueue;
import java.nio.charset.Charset;

/** Makes a message of what lies in one frame, from where it lies and without a copy in between. */
@FunctionalInterface
public interface Body<T> {
  /**
   * Consumes the first {@code bytes} of the queue, or as many of them as it needs: the rest is
   * dropped afterwards, also if this throws. It must leave alone what is behind them.
   */
  T read(ByteQueue input, int bytes);

  /** An array of its own for each message. */
  static Body<byte[]> bytes() {
    return ByteQueue::take;
  }

  static Body<String> text(Charset charset) {
    return (input, bytes) -> input.readString(bytes, charset);
  }

  /** A queue for each message, into which its blocks are moved; its receiver closes it. */
  static Body<ByteQueue> queue() {
    return (input, bytes) -> {
      ByteQueue message = input.sibling();
      message.append(input, bytes);
      return message;
    };
  }
}
