package gyre.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is shared: turns, memory, the kernel's attention. */
public abstract class FairnessConformance extends DatagramConformance {
  @Test
  void shouldNotLetAFloodStarveTheOthers() {
    Connection flooded = connect();
    Connection quiet = connect();
    Pattern flood = new Pattern(1);
    Pattern ping = new Pattern(2);
    Receiving drain = new Receiving(flooded.server(), flood).start();
    Sending pour = new Sending(flooded.client(), flood, 1L << 40, 8, 64 * 1024).start();
    Receiving pings = new Receiving(quiet.server(), ping).start();
    turnUntil("the flood runs", () -> drain.count > 1 << 20);
    for (int round = 1; round <= 50; round++) {
      Sending sending = new Sending(quiet.client(), ping, round);
      sending.count = round - 1L;
      sending.start();
      int expected = round;
      int before = dispatches;
      turnUntil("ping " + round, () -> pings.count == expected && sending.ends == 1);
      assertThat(dispatches - before)
          .as("turns that ping %d took", round)
          .isLessThan(turnsInAFlood());
    }
    assertThat(drain.count).isGreaterThan(1 << 20);
    pour.again = false;
    engine.cancel(pour);
    turnUntil("flood ended", () -> pour.ends == 1);
    cancelAndAwait(drain);
    cancelAndAwait(pings);
  }

  @Test
  void shouldNotLetTheFirstCompletionsStarveTheRestUnderASmallBudget() {
    Connection busy = connect();
    Connection quiet = connect();
    Pattern pattern = new Pattern(3);
    Receiving drain = new Receiving(busy.server(), pattern).start();
    Sending pour = new Sending(busy.client(), pattern, 1L << 40, 1, 1024).start();
    Receiving receiving = new Receiving(quiet.server(), pattern).start();
    new Sending(quiet.client(), pattern, 100).start();
    for (int turn = 0; turn < 2000 && receiving.count < 100; turn++) {
      engine.await(0);
      assertThat(dispatch(1)).isBetween(0, 1);
    }
    assertThat(receiving.count).isEqualTo(100);
    pour.again = false;
    engine.cancel(pour);
    engine.cancel(drain);
    engine.cancel(receiving);
    turnUntil("all ended", () -> engine.active() == 0);
  }

  @Test
  void shouldOwnNoMemoryForIdleStreams() {
    int listener = listener();
    List<Receiving> receivers = new ArrayList<>();
    Pattern pattern = new Pattern(4);
    for (int i = 0; i < 100; i++) {
      Connection connection = connect(Sockets.Family.INET4, listener);
      Receiving receiving = new Receiving(connection.server(), pattern).start();
      new Sending(connection.client(), pattern, 64).start();
      receivers.add(receiving);
    }
    turnUntil("all received", () -> receivers.stream().allMatch(r -> r.count == 64));
    turnUntil("all sent", () -> engine.active() == receivers.size());
    assertThat(engine.pool().usedBytes()).isLessThanOrEqualTo(8L * BlockPool.LARGE_BYTES);
    receivers.forEach(engine::cancel);
    turnUntil("all ended", () -> engine.active() == 0);
  }

  @Test
  void shouldWaitForMemoryAndGoOnWhenItComesBack() {
    reopen(EngineOptions.defaults().poolLimitBytes(512 * 1024));
    Connection one = connect();
    Connection two = connect();
    Pattern pattern = new Pattern(5);
    long total = 4L << 20;
    Receiving hoarding = new Receiving(one.server(), pattern);
    hoarding.hold = true;
    hoarding.start();
    Receiving other = new Receiving(two.server(), pattern);
    other.hold = true;
    other.start();
    Sending first = new Sending(one.client(), pattern, total).start();
    Sending second = new Sending(two.client(), pattern, total).start();
    turnUntil("memory is exhausted", () -> engine.counters().starvations > 0);
    settle();
    assertThat(hoarding.count + other.count).isLessThan(2 * total);
    assertThat(hoarding.ends + other.ends).isZero();
    hoarding.letGo();
    other.letGo();
    hoarding.hold = false;
    other.hold = false;
    turnUntil("all received", () -> hoarding.count == total && other.count == total);
    turnUntil("all sent", () -> first.ends + second.ends == 2);
    cancelAndAwait(hoarding);
    cancelAndAwait(other);
  }

  @Test
  void shouldCancelAndEndWhileItWaitsForMemory() {
    reopen(EngineOptions.defaults().poolLimitBytes(512 * 1024));
    Connection connection = connect();
    Pattern pattern = new Pattern(6);
    Receiving receiving = new Receiving(connection.server(), pattern);
    receiving.hold = true;
    receiving.start();
    Sending sending = new Sending(connection.client(), pattern, 3L << 20).start();
    turnUntil("memory is exhausted", () -> engine.counters().starvations > 0);
    cancelAndAwait(receiving);
    assertThat(receiving.ends).isOne();
    receiving.letGo();
    receiving.hold = false;
    receiving.start();
    turnUntil("all received", () -> receiving.count == 3L << 20);
    turnUntil("sent", () -> sending.ends == 1);
    cancelAndAwait(receiving);
  }

  @Test
  void shouldNotRegisterAgainForEveryMessage() {
    Connection connection = connect();
    Pattern pattern = new Pattern(7);
    Receiving receiving = new Receiving(connection.server(), pattern).start();
    pingOver(connection, receiving, pattern, 0, 10);
    long registrations = engine.counters().registrations;
    pingOver(connection, receiving, pattern, 10, 500);
    assertThat(engine.counters().registrations).isEqualTo(registrations);
    cancelAndAwait(receiving);
  }

  private void pingOver(
      Connection connection, Receiving receiving, Pattern pattern, int from, int to) {
    for (int i = from; i < to; i++) {
      Sending sending = new Sending(connection.client(), pattern, i + 1);
      sending.count = i;
      sending.start();
      int expected = i + 1;
      turnUntil("message " + i, () -> receiving.count == expected && sending.ends == 1);
    }
  }

  @Test
  void shouldHandADescriptorToAnotherEngine() {
    needs(Capability.ADOPTION);
    Connection connection = connect();
    Pattern pattern = new Pattern(8);
    Receiving receiving = new Receiving(connection.server(), pattern).start();
    pingOver(connection, receiving, pattern, 0, 3);
    cancelAndAwait(receiving);
    Sending sending = new Sending(connection.client(), pattern, 5000);
    sending.count = 3;
    sending.start();
    turnUntil("sent", () -> sending.ends == 1);

    Engine first = engine;
    Engine second = openAnother();
    Object released = sockets.release(connection.server());
    disown(connection.server());
    int adopted = second.sockets().adopt(released);
    assertThat(adopted).isNotNegative();
    Receiving there = new Receiving(adopted, pattern);
    there.count = 3;
    engine = second;
    there.start();
    turnUntil("received by the other engine", () -> there.count == 5000);
    cancelAndAwait(there);
    assertThat(second.sockets().remoteAddress(adopted)).isNotNull();
    second.sockets().close(adopted);
    engine = first;
    Receiving end = new Receiving(connection.client(), pattern).start();
    turnUntil("the other engine has closed it", () -> end.ends == 1);
  }

  @Test
  void shouldPollForReadiness() {
    needs(Capability.POLL);
    needs(Capability.PAIR);
    int[] two = new int[2];
    check(sockets.pair(two));
    owned(two[0]);
    owned(two[1]);
    Polling polling = new Polling(two[1], Poll.READABLE).start();
    settle();
    assertThat(polling.callbacks).isZero();
    Sending sending = new Sending(two[0], new Pattern(1), 10).start();
    turnUntil("readable", () -> (polling.events & Poll.READABLE) != 0);
    turnUntil("sent", sending::done);
    cancelAndAwait(polling);
    assertThat(polling.result).isEqualTo(Errno.ECANCELED.negated());
    assertThat(polling.ends).isOne();
    Polling late = new Polling(two[1], Poll.READABLE | Poll.WRITABLE).start();
    turnUntil("is so already", () -> late.events == (Poll.READABLE | Poll.WRITABLE));
    cancelAndAwait(late);
  }

  @Test
  void shouldSetAndGetOptions() {
    int listener = listener();
    check(sockets.set(listener, Sockets.Option.NO_DELAY, 1));
    Connection connection = connect(Sockets.Family.INET4, listener);
    assertThat(sockets.get(connection.server(), Sockets.Option.NO_DELAY)).isOne();
    assertThat(sockets.get(connection.client(), Sockets.Option.NO_DELAY)).isZero();
    for (Sockets.Option option :
        List.of(Sockets.Option.NO_DELAY, Sockets.Option.KEEP_ALIVE, Sockets.Option.REUSE_ADDRESS)) {
      check(sockets.set(connection.client(), option, 1));
      assertThat(sockets.get(connection.client(), option)).as(option.name()).isOne();
      check(sockets.set(connection.client(), option, 0));
      assertThat(sockets.get(connection.client(), option)).as(option.name()).isZero();
    }
    check(sockets.set(connection.client(), Sockets.Option.LINGER_SECONDS, 7));
    assertThat(sockets.get(connection.client(), Sockets.Option.LINGER_SECONDS)).isEqualTo(7);
    check(sockets.set(connection.client(), Sockets.Option.LINGER_SECONDS, -1));
    check(sockets.set(connection.client(), Sockets.Option.SEND_BUFFER_BYTES, 20_000));
    assertThat(sockets.get(connection.client(), Sockets.Option.SEND_BUFFER_BYTES))
        .isGreaterThanOrEqualTo(20_000);
    int unknown = sockets.set(connection.client(), Sockets.Option.IPV6_ONLY, 1);
    assertThat(unknown).isNegative();
    assertThat(sockets.set(1_000_000, Sockets.Option.NO_DELAY, 1)).isEqualTo(Errno.EBADF.negated());
    assertThat(sockets.get(1_000_000, Sockets.Option.NO_DELAY)).isEqualTo(Errno.EBADF.negated());
  }

  @Test
  void shouldShareAPortBetweenListeners() {
    needs(Capability.REUSE_PORT);
    int first = stream(Sockets.Family.INET4);
    check(sockets.set(first, Sockets.Option.REUSE_PORT, 1));
    check(sockets.bind(first, loopback(0)));
    check(sockets.listen(first, 16));
    int second = stream(Sockets.Family.INET4);
    check(sockets.set(second, Sockets.Option.REUSE_PORT, 1));
    check(sockets.bind(second, local(first)));
    check(sockets.listen(second, 16));
    assertThat(local(second)).isEqualTo(local(first));
  }
}
