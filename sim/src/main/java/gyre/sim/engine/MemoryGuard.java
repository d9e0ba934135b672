package gyre.sim.engine;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.Operation;
import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fills every block that comes back with poison, and looks when it is lent again whether all of it
 * is still there. So a write after the end is found, and a read after it sees nonsense.
 */
final class MemoryGuard implements BlockPool.Guard {
  private static final byte POISON = (byte) 0xDB;
  private static final MemorySegment PATTERN =
      Arena.global().allocate(BlockPool.LARGE_BYTES).fill(POISON);

  /** Not by address: a slab that goes back to the system leaves its address to the next. */
  private final Set<Block> poisoned = new HashSet<>();

  /** Who was given a block last. */
  private final Map<Block, Operation> holders = new HashMap<>();

  void lent(Block block, Operation to) {
    holders.put(block, to);
  }

  @Override
  public void returned(Block block) {
    if (block.capacity <= BlockPool.LARGE_BYTES) {
      Memory.fill(block.address, block.capacity, POISON);
      poisoned.add(block);
    }
  }

  @Override
  public void taken(Block block) {
    if (!poisoned.remove(block) || block.capacity > BlockPool.LARGE_BYTES) {
      return;
    }
    long at =
        Memory.segment(block.address, block.capacity).mismatch(PATTERN.asSlice(0, block.capacity));
    if (at >= 0) {
      @Nullable Operation holder = holders.get(block);
      throw new AssertionError(
          "byte "
              + at
              + " of a block was written after the block had been given back; it was lent last for "
              + (holder == null ? "a queue" : holder));
    }
    holders.remove(block);
  }
}
