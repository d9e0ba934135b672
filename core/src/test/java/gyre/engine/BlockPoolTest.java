package gyre.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("denied-native-access")
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class BlockPoolTest {
  private static List<Block> takeAll(BlockPool pool, int size) {
    List<Block> blocks = new ArrayList<>();
    for (Block block = pool.take(size); block != null; block = pool.take(size)) {
      blocks.add(block);
    }
    return blocks;
  }

  @ParameterizedTest
  @ValueSource(longs = {16 * 1024, 32 * 1024, 100 * 1024, 1 << 20, (1 << 20) + 5000})
  void shouldGiveAllThatItsLimitAllowsAndNoMore(long limitBytes) {
    try (BlockPool pool = new BlockPool(limitBytes)) {
      assertThat(pool.availableBytes()).isEqualTo(limitBytes / 1024 * 1024);
      List<Block> blocks = takeAll(pool, BlockPool.LARGE_BYTES);
      assertThat(blocks).hasSize((int) (limitBytes / BlockPool.LARGE_BYTES));
      blocks.addAll(takeAll(pool, 1));
      assertThat(pool.usedBytes()).isEqualTo(limitBytes / 1024 * 1024);
      assertThat(pool.reservedBytes()).isLessThanOrEqualTo(limitBytes);
      assertThat(pool.availableBytes()).isZero();
      assertThat(pool.refusals()).isEqualTo(2);
      Set<Long> addresses = new HashSet<>();
      blocks.forEach(block -> addresses.add(block.address));
      assertThat(addresses).hasSize(blocks.size());
      blocks.forEach(Block::release);
      assertThat(pool.usedBytes()).isZero();
      assertThat(pool.peakBytes()).isEqualTo(limitBytes / 1024 * 1024);
    }
  }

  @Test
  void shouldReuseTheLastBlockFirst() {
    try (BlockPool pool = new BlockPool(1 << 20)) {
      Block first = Objects.requireNonNull(pool.take(1));
      Block second = Objects.requireNonNull(pool.take(1));
      first.release();
      second.release();
      assertThat(pool.take(1)).isSameAs(second);
      assertThat(pool.take(1)).isSameAs(first);
      assertThat(first.filled).isZero();
    }
  }

  @Test
  void shouldGiveMemoryOfOneSizeToTheOther() {
    try (BlockPool pool = new BlockPool(128 * 1024)) {
      List<Block> small = takeAll(pool, 1);
      assertThat(small).hasSize(128);
      assertThat(pool.take(BlockPool.LARGE_BYTES)).isNull();
      small.forEach(Block::release);
      List<Block> large = takeAll(pool, BlockPool.LARGE_BYTES);
      assertThat(large).hasSize(8);
      large.forEach(Block::release);
      assertThat(takeAll(pool, 1)).hasSize(128);
    }
  }

  @Test
  void shouldReceiveIntoASmallBlockWhereSmallOnesHaveAll() {
    try (BlockPool pool = new BlockPool(128 * 1024)) {
      List<Block> small = takeAll(pool, 1);
      assertThat(pool.hasTransit()).isFalse();
      assertThat(pool.takeTransit()).isNull();
      for (int i = 0; i < small.size(); i += 2) {
        small.get(i).release(); // each slab has some that are lent: room, and no large block
      }
      assertThat(pool.take(BlockPool.LARGE_BYTES)).isNull();
      assertThat(pool.hasTransit()).isTrue();
      Block block = Objects.requireNonNull(pool.takeTransit());
      assertThat(block.capacity).isEqualTo(BlockPool.SMALL_BYTES);
      block.release();
      for (int i = 1; i < small.size(); i += 2) {
        small.get(i).release();
      }
      Block large = Objects.requireNonNull(pool.takeTransit());
      assertThat(large.capacity).isEqualTo(BlockPool.LARGE_BYTES);
      large.release();
    }
  }

  @Test
  void shouldTrimOnlyWhatIsNotLent() {
    try (BlockPool pool = new BlockPool(4 << 20)) {
      List<Block> blocks = takeAll(pool, BlockPool.LARGE_BYTES);
      Block kept = blocks.removeLast();
      blocks.forEach(Block::release);
      assertThat(pool.reservedBytes()).isEqualTo(4 << 20);
      assertThat(pool.trim()).isEqualTo((4 << 20) - 256 * 1024);
      assertThat(pool.reservedBytes()).isEqualTo(256 * 1024);
      assertThat(pool.trim()).isZero();
      kept.view(0, 10).put(0, (byte) 1);
      kept.release();
      assertThat(pool.trim()).isEqualTo(256 * 1024);
      assertThat(takeAll(pool, BlockPool.LARGE_BYTES)).hasSize(256);
    }
  }

  @Test
  void shouldTellListenersOncePerStarvation() {
    try (BlockPool pool = new BlockPool(32 * 1024)) {
      List<String> told = new ArrayList<>();
      pool.addListener(() -> told.add("a"));
      pool.addListener(() -> told.add("b"));
      List<Block> blocks = takeAll(pool, BlockPool.LARGE_BYTES);
      assertThat(told).isEmpty();
      blocks.get(0).release();
      assertThat(told).containsExactly("a", "b");
      blocks.get(1).release();
      assertThat(told).hasSize(2);
    }
  }

  @Test
  void shouldTakeOversizeBlocksFromTheSameLimit() {
    try (BlockPool pool = new BlockPool(64 * 1024)) {
      Block block = Objects.requireNonNull(pool.takeContiguous(40_000));
      assertThat(block.capacity).isGreaterThanOrEqualTo(40_000);
      block.view(0, 40_000).put(39_999, (byte) 1);
      assertThat(pool.takeContiguous(20_000)).isNull();
      block.release();
      assertThat(pool.usedBytes()).isZero();
      assertThat(pool.reservedBytes()).isZero();
      assertThat(pool.takeContiguous(Integer.MAX_VALUE)).isNull();
    }
  }

  @Test
  void shouldKeepLentMemoryValidAfterClose() {
    BlockPool pool = new BlockPool(1 << 20);
    Block block = Objects.requireNonNull(pool.take(1));
    Block oversize = Objects.requireNonNull(pool.takeContiguous(20_000));
    pool.close();
    pool.close();
    assertThat(pool.take(1)).isNull();
    assertThat(pool.takeContiguous(20_000)).isNull();
    block.view(0, 1).put(0, (byte) 1);
    oversize.view(0, 1).put(0, (byte) 1);
    block.release();
    oversize.release();
    assertThat(pool.reservedBytes()).isZero();
  }

  @Test
  void shouldRefuseALimitThatHoldsNothing() {
    assertThatThrownBy(() -> new BlockPool(1023)).isInstanceOf(IllegalArgumentException.class);
    try (BlockPool pool = new BlockPool(2048)) {
      assertThat(pool.take(BlockPool.LARGE_BYTES)).isNull();
      assertThat(pool.takeAny(BlockPool.LARGE_BYTES)).isNotNull();
    }
  }

  @Test
  void shouldKeepItsBooksOverManyTakesAndReleases() {
    for (long seed = 0; seed < 50; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      BlockPool pool = new BlockPool(300 * 1024);
      List<Block> lent = new ArrayList<>();
      long used = 0;
      for (int step = 0; step < 500; step++) {
        if (random.nextInt(5) < 3) {
          Block block =
              pool.takeContiguous(1 + random.nextInt(random.nextBoolean() ? 1024 : 40_000));
          if (block != null) {
            lent.add(block);
            used += block.capacity;
          }
        } else if (!lent.isEmpty()) {
          Block block = lent.remove(random.nextInt(lent.size()));
          used -= block.capacity;
          block.release();
        }
        if (random.nextInt(20) == 0) {
          pool.trim();
        }
        assertThat(pool.usedBytes()).as("seed %d step %d", seed, step).isEqualTo(used);
        assertThat(pool.reservedBytes())
            .as("seed %d step %d", seed, step)
            .isBetween(used, pool.limitBytes());
      }
      lent.forEach(Block::release);
      pool.close();
      assertThat(pool.reservedBytes()).as("seed %d", seed).isZero();
    }
  }

  @Test
  void shouldTellWhoWaitsWhenALimitRisesThoughNoBlockComesBack() {
    try (BlockPool pool = new BlockPool(64 * 1024)) {
      List<String> told = new ArrayList<>();
      pool.addListener(() -> told.add("listener"));
      pool.promise(56 * 1024);
      assertThat(pool.take(BlockPool.LARGE_BYTES)).isNull();
      pool.promise(-56 * 1024);
      assertThat(told).containsExactly("listener");
      pool.transit(56 * 1024);
      assertThat(pool.take(BlockPool.LARGE_BYTES)).isNull();
      pool.transit(0);
      assertThat(told).containsExactly("listener", "listener");
    }
  }

  @Test
  void shouldWakeTheGovernorWhenThereIsRoomWhateverGaveItBack() {
    try (BlockPool pool = new BlockPool(256 * 1024)) {
      List<String> told = new ArrayList<>();
      pool.govern(64 * 1024, 16 * 1024, 16 * 1024, () -> told.add("governor"));
      pool.transit(128 * 1024);
      pool.promise(64 * 1024);
      pool.wakeAt(0, 32 * 1024);
      pool.transit(112 * 1024);
      assertThat(told).isEmpty();
      pool.promise(-16 * 1024);
      assertThat(told).containsExactly("governor");
      pool.promise(-16 * 1024);
      assertThat(told).hasSize(1);
    }
  }
}
