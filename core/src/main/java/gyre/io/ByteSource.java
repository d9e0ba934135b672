package gyre.io;

import java.nio.ByteBuffer;

/** The reading half of something that carries bytes. One fiber reads at a time. */
public interface ByteSource {
  /**
   * Reads what is there, at least a byte, and parks until there is one.
   *
   * @return the number of bytes, or -1 at the end
   */
  int read(ByteBuffer target);

  /** What was received and not consumed: see {@link #await}. */
  ByteQueue input();

  /**
   * Parks until {@link #input} holds at least so many bytes.
   *
   * @return false if the end came before
   */
  boolean await(int bytes);
}
