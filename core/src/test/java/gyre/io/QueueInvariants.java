package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.Chunk;
import gyre.engine.LentMemory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What holds between any two calls, seen from inside. */
final class QueueInvariants {
  private QueueInvariants() {}

  /** Checks queues that are all there are of {@code pool}. */
  static void check(List<ByteQueue> queues, BlockPool pool, Block.Owner ring) {
    Map<Block, List<Chunk>> slices = new HashMap<>();
    for (ByteQueue queue : queues) {
      checkChain(queue);
      for (Chunk chunk = queue.first; chunk != null; chunk = chunk.next) {
        slices.computeIfAbsent(chunk.block(), block -> new ArrayList<>()).add(chunk);
      }
    }
    assertThat(pool.usedBytes()).isEqualTo(usedBytes(slices, ring));
    slices.forEach(QueueInvariants::checkBlock);
  }

  static void checkChain(ByteQueue queue) {
    long sum = 0;
    Chunk previous = null;
    for (Chunk chunk = queue.first; chunk != null; chunk = chunk.next) {
      assertThat(chunk.start).isBetween(0, chunk.end);
      assertThat(chunk.end).isLessThanOrEqualTo(chunk.block().capacity);
      assertThat(chunk.length() > 0 || (chunk.next == null && chunk.room() > 0))
          .as("only the last chunk may be empty, and only as a reservation")
          .isTrue();
      sum += chunk.length();
      previous = chunk;
    }
    assertThat(queue.last).isSameAs(previous);
    assertThat(queue.size()).isEqualTo(sum);
    assertThat(queue.isEmpty()).isEqualTo(sum == 0);
  }

  private static long usedBytes(Map<Block, List<Chunk>> slices, Block.Owner ring) {
    return slices.keySet().stream()
        .filter(block -> !block.owner().equals(ring) && !(block.owner() instanceof LentMemory))
        .mapToLong(block -> block.capacity)
        .sum();
  }

  private static void checkBlock(Block block, List<Chunk> chunks) {
    assertThat(block.references()).isEqualTo(chunks.size());
    chunks.sort(Comparator.comparingInt((Chunk chunk) -> chunk.start).thenComparingInt(c -> c.end));
    int end = 0;
    int growing = 0;
    for (Chunk chunk : chunks) {
      assertThat(chunk.start).as("slices don't overlap").isGreaterThanOrEqualTo(end);
      end = chunk.end;
      growing += chunk.room() > 0 ? 1 : 0;
    }
    assertThat(growing).as("one slice at most may grow").isLessThanOrEqualTo(1);
  }
}
