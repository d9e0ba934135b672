package gyre.io;

import java.nio.ByteBuffer;

/**
 * The writing half of something that carries bytes. One fiber writes at a time.
 *
 * <p>A write that is cancelled while it waits may have taken a part: what is left of a buffer or a
 * queue tells which.
 */
public interface ByteSink {
  /** Writes all of the buffer; parks while the other side is slow. */
  void write(ByteBuffer source);

  /** Writes all of the queue without copying, which is empty afterwards. */
  void write(ByteQueue source);

  /** Writes a part of the array; parks while the other side is slow. */
  void write(byte[] source, int offset, int length);

  /** Writes all bytes; parks while the other side is slow. */
  default void write(byte[] source) {
    write(source, 0, source.length);
  }

  /** Writes text as UTF-8; parks while the other side is slow. */
  default void write(String text) {
    output().append(text);
  }

  /**
   * For encoders: appends numbers and text straight to the output, with the same bounds as {@code
   * write}. Each call takes all of it, and parks or throws as a write of so many bytes would.
   */
  default ByteAppender output() {
    return new SinkAppender(this);
  }

  /** Parks until everything written has been handed on. */
  void flush();
}
