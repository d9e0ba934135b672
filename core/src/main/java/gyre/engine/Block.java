package gyre.engine;

import gyre.sys.Memory;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A run of off-heap memory that is lent in slices. It counts its slices, so that nobody above
 * {@code gyre.io} has to; confined to the loop that owns it.
 *
 * <p>Each byte of a block belongs to one slice at most, and a slice is written by one side only:
 * the slice that ends at {@link #filled} may grow into the rest of the block, every other slice is
 * only read. Whoever fills a block by himself (an engine that receives into it, the lender of
 * foreign memory) leaves {@link #filled} at {@link #NOT_FILLABLE}, and then no slice grows.
 */
public final class Block {
  /** The value of {@link #filled} where no slice may grow or be written. */
  public static final int NOT_FILLABLE = -1;

  /** Who takes a block back when its last slice is released. */
  public interface Owner {
    void recycle(Block block);

    /** The memory of a block as a segment that is alive as long as the memory is. */
    default MemorySegment memory(Block block) {
      return Memory.segment(block.address, block.capacity);
    }
  }

  public final long address;
  public final int capacity;

  /** Position up to which slices were given out; {@link #NOT_FILLABLE} where none may be. */
  public int filled = NOT_FILLABLE;

  /** For the owner: the number by which it knows this block. */
  public final int id;

  private final Owner owner;
  private int references;

  /** All of the memory; made when first asked for. */
  private @Nullable ByteBuffer view;

  public Block(Owner owner, int id, long address, int capacity) {
    this.owner = owner;
    this.id = id;
    this.address = address;
    this.capacity = capacity;
  }

  public Owner owner() {
    return owner;
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

  /** A new writable view of a slice, for those who can't work with addresses. */
  public ByteBuffer view(int offset, int length) {
    ByteBuffer whole = view;
    if (whole == null) {
      whole = owner.memory(this).asByteBuffer();
      view = whole;
    }
    return whole.slice(offset, length);
  }
}
