package gyre.engine;

import gyre.sys.Memory;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Memory of direct buffers that users give for one operation. It has an address of the engine's
 * only between {@link #attach} and {@link #detach}, and the buffer must be kept reachable that
 * long.
 */
public final class DirectBuffers {
  private DirectBuffers() {}

  /** The address of what the buffer has remaining. */
  public static long attach(ByteBuffer buffer) {
    return Memory.attach(MemorySegment.ofBuffer(buffer));
  }

  public static void detach(long address) {
    Memory.detach(address);
  }
}
