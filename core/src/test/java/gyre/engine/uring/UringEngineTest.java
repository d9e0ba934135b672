package gyre.engine.uring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.Engine;
import gyre.engine.EngineCounters;
import gyre.engine.Errno;
import gyre.engine.Vector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

// Over 500 lines: many small tests of one engine.

/** What only this engine has: quiet sends, buffers that run out, rings that overflow, messages. */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class UringEngineTest {
  private static UringOptions small(int bufferBytes, long limitBytes) {
    return UringOptions.defaults()
        .submissionEntries(8)
        .completionEntries(16)
        .bufferBytes(bufferBytes)
        .fixedBufferBytes(1024)
        .buffersInitial(1)
        .bufferLimitBytes(limitBytes)
        .datagramLimitBytes(1 << 20)
        .poolLimitBytes(1 << 20);
  }

  @Test
  void shouldNotAskForCompletionsOfQuietSends() {
    try (TestPair pair = TestPair.open(UringOptions.defaults())) {
      pair.send(1);
      EngineCounters counters = pair.engine.counters();
      long before = counters.completions;
      for (int round = 0; round < 100; round++) {
        pair.send(64);
      }
      // One for each receive, none for a send.
      assertThat(counters.completions - before).isEqualTo(100);
      assertThat(pair.sender.results).hasSize(101).endsWith(64);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 64})
  void shouldTellHowMuchAQuietSendTookWhenItTookLess(int segments) {
    try (UringEngine engine = UringEngine.open(UringOptions.defaults())) {
      TestPair pair = TestPair.on(engine);
      pair.sender.segments = segments;
      pair.sender.continues = false;
      pair.sender.start(1 << 20);
      pair.turnUntil(() -> pair.sender.isIdle());
      assertThat(pair.sender.results).hasSize(1);
      assertThat(pair.sender.results.getFirst()).isPositive().isLessThan(1 << 20);
      engine.submit(pair.receiver);
      pair.turnUntil(() -> pair.receiver.bytes == pair.sentBytes);
      pair.sender.continues = true;
      pair.send(1 << 20);
      assertThat(pair.receiver.bytes).isEqualTo(pair.sentBytes);
    }
  }

  @Test
  void shouldWaitForSpaceAfterAQuietSendFoundNone() {
    try (UringEngine engine = UringEngine.open(UringOptions.defaults())) {
      TestPair pair = TestPair.on(engine);
      TestPair.Sender sender = pair.sender;
      sender.continues = false;
      fill(pair);
      long full = pair.sentBytes;
      // Quiet again although the kernel is known to be full.
      sender.engineBits = 0;
      sender.start(5000);
      pair.turn();
      pair.turn();
      assertThat(sender.isIdle()).isTrue();
      assertThat(sender.results.getLast()).isEqualTo(Errno.EAGAIN.negated());
      sender.start(5000);
      pair.turn();
      pair.turn();
      assertThat(sender.isIdle()).isFalse();
      assertThat(pair.sentBytes).isEqualTo(full);
      engine.submit(pair.receiver);
      pair.turnUntil(() -> sender.isIdle() && pair.receiver.bytes == pair.sentBytes);
      assertThat(pair.sentBytes).isGreaterThan(full);
    }
  }

  private static void fill(TestPair pair) {
    TestPair.Sender sender = pair.sender;
    for (int rounds = 0; rounds < 100; rounds++) {
      sender.start(1 << 20);
      pair.turn();
      pair.turn();
      if (!sender.isIdle()) {
        pair.engine.cancel(sender);
        pair.turnUntil(() -> sender.isIdle());
        assertThat(sender.results.getLast()).isEqualTo(Errno.ECANCELED.negated());
        return;
      }
    }
    throw new AssertionError("the kernel takes any amount");
  }

  @Test
  void shouldEndACancelledQuietSendOnce() {
    try (TestPair pair = TestPair.open(UringOptions.defaults())) {
      pair.sender.start(100);
      pair.engine.cancel(pair.sender);
      // Nothing else would end this wait.
      pair.engine.await(Engine.FOREVER);
      pair.turnUntil(() -> pair.sender.isIdle());
      assertThat(pair.sender.results).hasSize(1);
    }
  }

  @Test
  void shouldNotWaitForeverWhenOnlyQuietSendsAreActive() {
    try (UringEngine engine = UringEngine.open(UringOptions.defaults())) {
      TestPair pair = TestPair.on(engine);
      pair.sender.start(100);
      engine.await(Engine.FOREVER);
      assertThat(engine.dispatch(8)).isOne();
      assertThat(pair.sender.results).containsExactly(100);
    }
  }

  @Test
  void shouldEndTheWaitForASendThatMayHaveMoreBehindIt() {
    try (UringEngine engine = UringEngine.open(UringOptions.defaults())) {
      TestPair pair = TestPair.on(engine);
      engine.submit(TestPair.on(engine).receiver);
      engine.await(0);
      assertThat(engine.dispatch(8)).isZero();
      long before = engine.counters().completions;
      pair.sender.segments = 2 * Vector.CAPACITY;
      pair.sender.start(4 * Vector.CAPACITY);
      engine.await(TimeUnit.SECONDS.toNanos(20));
      assertThat(engine.dispatch(8)).isOne();
      // A quiet one would be told as well, when the time is up, but without a completion.
      assertThat(engine.counters().completions - before).isOne();
      pair.turnUntil(() -> pair.sender.isIdle());
      assertThat(pair.sentBytes).isEqualTo(4 * Vector.CAPACITY);
    }
  }

  @Test
  void shouldEndASendWhenItsPeerTakesNothingAndNothingIsAcknowledged() {
    try (UringEngine engine = UringEngine.open(UringOptions.defaults())) {
      TestPair pair = TestPair.overTcp(engine); // nobody receives
      pair.sender.continues = true;
      pair.sender.awaited = true;
      pair.sender.start(1 << 20);
      while (pair.sender.left > 0 && pair.sender.results.size() < 2) {
        pair.turn();
        if (!pair.sender.isIdle() && pair.engine.active() == 1 && pair.sentBytes > 0) {
          break; // the rest waits for space
        }
      }
      engine.cancel(pair.sender);
      pair.turnUntil(() -> pair.sender.isIdle());
      engine.sockets().close(pair.sender.descriptor);
      assertThat(engine.active()).isZero();
    }
  }

  @Test
  void shouldNotLetPinnedBuffersStarveOthers() {
    try (UringEngine engine = UringEngine.open(small(4096, 16 * 4096))) {
      TestPair hoarder = TestPair.on(engine);
      engine.submit(hoarder.receiver);
      hoarder.receiver.hold = true;
      hoarder.send(8 * 4096);
      assertThat(engine.counters().starvations).isPositive();
      // There are more buffers than the hoarder has.
      TestPair other = TestPair.on(engine);
      engine.submit(other.receiver);
      other.send(20_000);
      assertThat(other.receiver.bytes).isEqualTo(20_000);
      hoarder.receiver.letGo();
    }
  }

  @Test
  void shouldReceiveElsewhereWhileEveryBufferIsHeld() {
    try (UringEngine engine = UringEngine.open(small(4096, 4 * 4096))) {
      List<TestPair> pairs = new ArrayList<>();
      for (int index = 0; index < 10; index++) {
        TestPair pair = TestPair.on(engine);
        pair.receiver.hold = true;
        engine.submit(pair.receiver);
        pair.sender.start(5000);
        pairs.add(pair);
      }
      TestPair any = pairs.getFirst();
      any.turnUntil(() -> pairs.stream().allMatch(pair -> pair.receiver.bytes == 5000));
      assertThat(engine.counters().starvations).isPositive();
      pairs.forEach(pair -> pair.receiver.letGo());
      pairs.forEach(pair -> pair.sender.start(5000));
      any.turnUntil(() -> {
        pairs.forEach(pair -> pair.receiver.letGo());
        return pairs.stream().allMatch(pair -> pair.receiver.bytes == 10_000);
      });
    }
  }

  @Test
  void shouldNotWaitWhileQuietSendsHoldWhatReceiversNeed() {
    try (UringEngine engine = UringEngine.open(small(4096, 4096))) {
      TestPair hoarder = TestPair.on(engine);
      hoarder.receiver.hold = true;
      engine.submit(hoarder.receiver);
      hoarder.sender.awaited = true;
      hoarder.sender.start(5000);
      hoarder.turnUntil(() -> engine.counters().starvations > 0 && hoarder.sender.isIdle());
      TestPair echo = TestPair.on(engine);
      echo.sender.start(100);
      // The receiver starves until the sender lets go of what it got: nothing else would happen.
      engine.await(Engine.FOREVER);
      int ignored = engine.dispatch(16);
      assertThat(echo.sender.results).containsExactly(100);
      hoarder.receiver.letGo();
      hoarder.turnUntil(() -> hoarder.receiver.bytes == 5000);
      hoarder.receiver.letGo();
    }
  }

  @Test
  void shouldCancelAReceiverThatWaitsForMemory() {
    try (UringEngine engine = UringEngine.open(small(4096, 4096))) {
      TestPair pair = TestPair.on(engine);
      pair.receiver.hold = true;
      engine.submit(pair.receiver);
      pair.sender.start(10_000);
      pair.turnUntil(() -> engine.counters().starvations > 0);
      pair.turn();
      engine.cancel(pair.receiver);
      pair.turnUntil(() -> pair.receiver.stops == 1);
      assertThat(pair.receiver.result).isEqualTo(Errno.ECANCELED.negated());
      pair.receiver.letGo();
      pair.receiver.hold = false;
      engine.submit(pair.receiver);
      pair.turnUntil(() -> pair.receiver.bytes == 10_000);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldSurviveFullRings(boolean isSparse) {
    UringOptions options = small(4096, 1 << 20);
    try (UringEngine engine = UringEngine.open(options)) {
      List<TestPair> pairs = new ArrayList<>();
      for (int index = 0; index < 200; index++) {
        TestPair pair = TestPair.on(engine);
        pair.sender.awaited = index % 2 == 0;
        pair.receiver.sparse = isSparse;
        engine.submit(pair.receiver);
        pairs.add(pair);
      }
      TestPair any = pairs.getFirst();
      for (int round = 1; round <= 10; round++) {
        int expected = round * 1000;
        pairs.forEach(pair -> pair.sender.start(1000));
        any.turnUntil(() ->
            pairs.stream()
                .allMatch(pair -> pair.sender.isIdle() && pair.receiver.bytes == expected));
      }
      assertThat(engine.counters().overflows).isPositive();
    }
  }

  @Test
  void shouldReadASparseStreamToItsEnd() {
    try (UringEngine engine = UringEngine.open(UringOptions.defaults())) {
      TestPair pair = TestPair.on(engine);
      pair.receiver.sparse = true;
      engine.submit(pair.receiver);
      pair.send(100_000);
      pair.sender.start(50_000);
      pair.turnUntil(() -> pair.sender.isIdle());
      engine.sockets().close(pair.sender.descriptor);
      pair.turnUntil(() -> pair.receiver.stops == 1);
      assertThat(pair.receiver.result).isZero();
      assertThat(pair.receiver.bytes).isEqualTo(150_000);
    }
  }

  @Test
  void shouldGiveTheMemoryBackThatSparseStreamsWereReadInto() {
    UringEngine engine = UringEngine.open(UringOptions.defaults());
    try (engine) {
      TestPair pair = TestPair.on(engine);
      pair.receiver.sparse = true;
      engine.submit(pair.receiver);
      pair.send(1000);
      pair.turnUntil(() -> pair.receiver.bytes == 1000);
      assertThat(engine.pool().usedBytes()).isPositive();
    }
    assertThat(engine.pool().usedBytes()).isZero();
    assertThat(engine.pool().reservedBytes()).isZero();
  }

  @Test
  void shouldCarryWakeUpsAsMessages() throws InterruptedException {
    int rounds = 500;
    AtomicInteger ball = new AtomicInteger();
    CountDownLatch ready = new CountDownLatch(2);
    CountDownLatch done = new CountDownLatch(2);
    UringEngine[] engines = new UringEngine[2];
    List<Thread> players = new ArrayList<>();
    for (int side = 0; side < 2; side++) {
      int me = side;
      players.add(
          Thread.ofPlatform()
              .start(() -> {
                engines[me] = UringEngine.open(UringOptions.defaults());
                ready.countDown();
                awaitUninterruptibly(ready);
                play(engines[me], engines[1 - me], ball, me, rounds);
                done.countDown();
                awaitUninterruptibly(done);
                engines[me].close();
              }));
    }
    for (Thread player : players) {
      player.join();
    }
    assertThat(ball.get()).isEqualTo(rounds);
    for (UringEngine engine : engines) {
      assertThat(engine.counters().wakes).isPositive();
      assertThat(engine.counters().waits).isLessThan(4L * rounds);
    }
  }

  /** Each side adds 1 when the count has its parity, and wakes the other. */
  private static void play(
      UringEngine own, UringEngine peer, AtomicInteger ball, int parity, int rounds) {
    while (ball.get() < rounds) {
      if (ball.get() % 2 == parity) {
        ball.incrementAndGet();
        peer.wake();
        own.await(0);
      } else {
        own.await(Engine.FOREVER);
      }
      int ignored = own.dispatch(16);
    }
    // The other side may be in a wait that began before the end.
    peer.wake();
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException unexpected) {
      throw new AssertionError(unexpected);
    }
  }

  @Test
  void shouldCloseWithEverythingUnderWay() {
    for (int round = 0; round < 20; round++) {
      UringEngine engine = UringEngine.open(small(4096, 8 * 4096));
      List<TestPair> pairs = new ArrayList<>();
      for (int index = 0; index < 20; index++) {
        TestPair pair = TestPair.on(engine);
        pair.sender.awaited = index % 2 == 0;
        pair.sender.continues = false;
        pair.receiver.hold = true;
        pair.receiver.sparse = index % 3 == 0;
        engine.submit(pair.receiver);
        pair.sender.start(1 + index * 10_000);
        pairs.add(pair);
      }
      for (int turn = 0; turn < round % 4; turn++) {
        pairs.getFirst().turn();
      }
      engine.close();
      assertThat(engine.active()).isZero();
      assertThat(pairs).allMatch(pair -> pair.sender.isIdle() && pair.receiver.isIdle());
    }
  }

  @Test
  void shouldTakeAShortageThatManyFeelForOne() {
    UringOptions options =
        UringOptions.defaults()
            .submissionEntries(64)
            .completionEntries(128)
            .bufferBytes(4096)
            .fixedBufferBytes(4096)
            .buffersInitial(1)
            .bufferLimitBytes(256 * 4096)
            .datagramLimitBytes(1 << 20)
            .poolLimitBytes(1 << 20);
    try (UringEngine engine = UringEngine.open(options)) {
      List<TestPair> pairs = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        TestPair pair = TestPair.on(engine);
        pair.receiver.hold = true;
        engine.submit(pair.receiver);
        pairs.add(pair);
      }
      pairs.getFirst().turn();
      pairs.forEach(pair -> pair.sender.start(4096));
      pairs
          .getFirst()
          .turnUntil(() -> pairs.stream().allMatch(pair -> pair.receiver.bytes == 4096));
      assertThat(engine.counters().starvations).isPositive();
      assertThat(engine.streamBuffers().target()).isBetween(2, 8);
      pairs.forEach(pair -> pair.receiver.letGo());
    }
  }

  /** What is left of a batch for later turns tells of the same shortage. */
  @Test
  void shouldTakeAShortageForOneThatIsDispatchedInManyTurns() {
    UringOptions options =
        UringOptions.defaults()
            .submissionEntries(64)
            .completionEntries(128)
            .bufferBytes(4096)
            .fixedBufferBytes(4096)
            .buffersInitial(1)
            .bufferLimitBytes(256 * 4096)
            .datagramLimitBytes(1 << 20)
            .poolLimitBytes(1 << 20);
    try (UringEngine engine = UringEngine.open(options)) {
      List<TestPair> pairs = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        TestPair pair = TestPair.on(engine);
        pair.receiver.hold = true;
        engine.submit(pair.receiver);
        pairs.add(pair);
      }
      pairs.getFirst().turn();
      pairs.forEach(pair -> pair.sender.start(4096));
      // All of them are told of in the first wait, and each in a turn of its own.
      for (int turn = 0; turn < 1000 && engine.counters().starvations < 11; turn++) {
        engine.await(0);
        int ignored = engine.dispatch(1);
      }
      assertThat(engine.counters().starvations).isGreaterThanOrEqualTo(11);
      assertThat(engine.streamBuffers().target()).isBetween(2, 16);
      pairs
          .getFirst()
          .turnUntil(() -> pairs.stream().allMatch(pair -> pair.receiver.bytes == 4096));
      pairs.forEach(pair -> pair.receiver.letGo());
    }
  }

  @Test
  void shouldKeepReceivedBytesMappedUntilTheLastSliceIsGivenBack() throws IOException {
    UringEngine engine = UringEngine.open(UringOptions.defaults());
    TestPair pair = TestPair.on(engine);
    engine.submit(pair.receiver);
    pair.receiver.hold = true;
    pair.send(100);
    Block kept = pair.receiver.held.getFirst();
    engine.close();
    assertThat(isMapped(kept.address)).as("while a slice is lent").isTrue();
    assertThat(kept.view(0, 100).get(99)).isZero();
    pair.receiver.letGo();
    assertThat(isMapped(kept.address)).as("when nothing is lent any more").isFalse();
  }

  @Test
  void shouldRefuseAViewThatOutlivesItsMemory() {
    UringEngine engine = UringEngine.open(UringOptions.defaults());
    TestPair pair = TestPair.on(engine);
    engine.submit(pair.receiver);
    pair.receiver.hold = true;
    pair.send(100);
    ByteBuffer view = pair.receiver.held.getFirst().view(0, 100);
    engine.close();
    assertThat(view.get(99)).isZero();
    pair.receiver.letGo();
    assertThatThrownBy(() -> view.get(99)).isInstanceOf(IllegalStateException.class);
  }

  private static boolean isMapped(long address) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/maps")).stream()
        .map(line -> line.substring(0, line.indexOf(' ')).split("-"))
        .anyMatch(range ->
            Long.compareUnsigned(address, Long.parseUnsignedLong(range[0], 16)) >= 0
                && Long.compareUnsigned(address, Long.parseUnsignedLong(range[1], 16)) < 0);
  }

  @Test
  @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldNotWaitWhenTheLookForMemoryHurriesIt() {
    try (UringEngine engine = UringEngine.open(UringOptions.defaults())) {
      BlockPool pool = engine.pool();
      int[] told = {0};
      pool.govern(
          64 * 1024,
          16 * 1024,
          16 * 1024,
          () -> {
            told[0]++;
            engine.hurry();
          });
      List<Block> taken = new ArrayList<>();
      for (Block block = pool.takeTransit(); block != null; block = pool.takeTransit()) {
        taken.add(block);
      }
      TestPair pair = TestPair.on(engine);
      pair.receiver.sparse = true;
      engine.submit(pair.receiver);
      pair.sender.start(100);
      pair.turnUntil(() -> engine.counters().starvations > 0);
      engine.await(0);
      pool.shortageEnded();
      int before = told[0];
      engine.await(Engine.FOREVER); // nothing else would end it
      assertThat(told[0]).isGreaterThan(before);
      taken.forEach(Block::release);
      pair.turnUntil(() -> pair.receiver.bytes == 100);
    }
  }
}
