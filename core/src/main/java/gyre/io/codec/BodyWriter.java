package gyre.io.codec;

import gyre.io.ByteQueue;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** Writes what one frame contains. */
@FunctionalInterface
public interface BodyWriter<T> {
  /** Appends the message; how long it gets is found out afterwards. */
  void write(T message, ByteQueue output);

  static BodyWriter<byte[]> bytes() {
    return (message, output) -> output.append(message);
  }

  static BodyWriter<String> text(Charset charset) {
    return charset.equals(StandardCharsets.UTF_8)
        ? (message, output) -> output.append(message)
        : (message, output) -> output.append(message.getBytes(charset));
  }

  /** Moves the blocks of the message, which is empty afterwards. */
  static BodyWriter<ByteQueue> queue() {
    return (message, output) -> output.append(message);
  }
}
