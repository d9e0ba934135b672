package gyre.engine;

import org.jspecify.annotations.Nullable;

/**
 * A run of off-heap memory that is lent in slices. It counts its slices, so that nobody above
 * {@code gyre.io} has to; confined to the loop that owns it.
 */
public final class Block {
  /** Who takes a block back when its last slice is released. */
  public interface Owner {
    void recycle(Block block);
  }

  public final long address;
  public final int capacity;

  /** Position from which the owner of the writable end may still fill; -1 where there is none. */
  public int filled;

  /** For the owner: the number by which it knows this block. */
  public final int id;

  private final Owner owner;
  private int references;

  /** Keeps foreign memory reachable while it is lent. */
  @Nullable Object attachment;

  public Block(Owner owner, int id, long address, int capacity) {
    this.owner = owner;
    this.id = id;
    this.address = address;
    this.capacity = capacity;
  }

  public int references() {
    return references;
  }

  public void retain() {
    references++;
  }

  public void release() {
    assert references > 0 : "released more often than retained";
    if (--references == 0) {
      owner.recycle(this);
    }
  }
}
