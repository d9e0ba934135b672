package gyre.io;

import java.nio.ByteBuffer;

/** The writing half of something that carries bytes. One fiber writes at a time. */
public interface ByteSink {
  /** Writes all of the buffer; parks while the other side is slow. */
  void write(ByteBuffer source);

  /** Writes all of the queue without copying, which is empty afterwards. */
  void write(ByteQueue source);

  /** Parks until everything written has been handed on. */
  void flush();
}
