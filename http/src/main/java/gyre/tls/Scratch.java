package gyre.tls;

import java.nio.ByteBuffer;

/**
 * Where records are put together and taken apart, one for each loop: an idle connection owns no
 * such memory. Nothing stays here beyond a step. On the heap, since the ciphers of the JDK work on
 * arrays.
 */
final class Scratch {
  /** A record of the standard, and what may be behind it. */
  private static final int RECORD_BYTES = 17 * 1024;

  private ByteBuffer source;
  private ByteBuffer target;

  Scratch() {
    this(RECORD_BYTES);
  }

  /**
   * @param bytes to begin with; it grows as the engine asks for more
   */
  Scratch(int bytes) {
    source = ByteBuffer.allocate(bytes);
    target = ByteBuffer.allocate(bytes);
  }

  /** An empty buffer for what is fed to the engine. */
  ByteBuffer source(int bytes) {
    if (source.capacity() < bytes) {
      source = ByteBuffer.allocate(bytes);
    }
    return source.clear();
  }

  /** An empty buffer for what the engine makes. */
  ByteBuffer target(int bytes) {
    if (target.capacity() < bytes) {
      target = ByteBuffer.allocate(bytes);
    }
    return target.clear();
  }
}
