package gyre.engine;

import org.jspecify.annotations.Nullable;

/**
 * One link of a queue of bytes: the slice {@code [start, end)} of a block, of which it owns one
 * reference. Pooled by {@link BlockPool}, because queues make and drop one per message.
 */
public final class Chunk {
  /** Null only while this chunk lies in the pool. */
  @Nullable Block block;

  public int start;
  public int end;
  public @Nullable Chunk next;

  Chunk() {}

  public Block block() {
    Block present = block;
    assert present != null : "used after it was given back";
    return present;
  }

  public int length() {
    return end - start;
  }

  /** Of the first byte. */
  public long address() {
    return block().address + start;
  }

  /** Bytes that this slice may still grow by; 0 where another slice or an engine has them. */
  public int room() {
    Block present = block();
    return present.filled == end ? present.capacity - end : 0;
  }

  /** Counts {@code length} bytes in that were written behind the end. */
  public void grow(int length) {
    assert length <= room() : "grows beyond its room";
    end += length;
    block().filled = end;
  }
}
