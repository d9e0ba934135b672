package gyre.engine;

import gyre.sys.Memory;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Memory that a user has lent to a queue: a block of its own which nobody writes, and a callback
 * that runs once when the last slice of it is released.
 */
public final class LentMemory implements Block.Owner, Runnable {
  private static final System.Logger LOGGER = System.getLogger("gyre.io");

  /** Keeps the memory reachable, where that keeps it alive. */
  private final MemorySegment memory;

  private final Executor releases;
  private @Nullable Runnable onRelease;

  private LentMemory(MemorySegment memory, Executor releases, Runnable onRelease) {
    this.memory = memory;
    this.releases = releases;
    this.onRelease = onRelease;
  }

  /**
   * A block with one reference.
   *
   * @param releases runs the callback: see {@link BlockPool#releases()}
   */
  public static Block lend(MemorySegment memory, Executor releases, Runnable onRelease) {
    assert memory.isNative();
    LentMemory owner = new LentMemory(memory, releases, onRelease);
    int length = Math.toIntExact(memory.byteSize());
    Block block = new Block(owner, 0, Memory.attachWeakly(memory), length);
    block.retain();
    return block;
  }

  @Override
  public void recycle(Block block) {
    assert onRelease != null : "released twice";
    Memory.detach(block.address);
    releases.execute(this);
  }

  /**
   * A callback that throws must not tear apart the operation which happened to release the memory:
   * it is reported and goes no further.
   */
  @Override
  @SuppressWarnings("CatchingUnchecked")
  public void run() {
    Runnable callback = onRelease;
    assert callback != null : "told twice";
    onRelease = null;
    try {
      callback.run();
    } catch (RuntimeException | AssertionError failure) {
      LOGGER.log(System.Logger.Level.ERROR, "a release callback failed", failure);
    }
  }

  @Override
  public MemorySegment memory(Block block) {
    return memory;
  }
}
