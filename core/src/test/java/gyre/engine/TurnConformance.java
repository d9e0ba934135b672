package gyre.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Turns, waking, budgets, and the life of an operation. */
public abstract class TurnConformance extends EngineHarness {
  private static final int SPINS_AT_ONCE = 1000;

  @Test
  void shouldHaveANameAndSayWhatItUses() {
    assertThat(engine.name()).isIn("io_uring", "epoll", "nio", "sim");
    assertThat(engine.features()).isNotBlank().doesNotContain("\n");
  }

  @Test
  void shouldReturnWithoutWaitingOrAfterTheTime() {
    engine.await(0);
    engine.await(1);
    engine.await(TimeUnit.MILLISECONDS.toNanos(2));
    assertThat(dispatch(16)).isZero();
    assertThat(engine.active()).isZero();
  }

  @Test
  void shouldEndTheNextAwaitAfterAWakeUp() {
    for (int i = 0; i < 100; i++) {
      engine.wake();
      engine.await(Engine.FOREVER);
      assertThat(dispatch(16)).isZero();
    }
    assertThat(engine.counters().wakes).isPositive();
  }

  @Test
  @SuppressWarnings("ThreadPriorityCheck") // the other may need this very core
  void shouldNotLoseAWakeUpFromAnotherThread() throws InterruptedException {
    int rounds = 1000;
    AtomicInteger posted = new AtomicInteger();
    AtomicInteger seen = new AtomicInteger();
    Engine target = engine;
    Thread other =
        Thread.ofPlatform()
            .start(() -> {
              for (int round = 1; round <= rounds; round++) {
                posted.set(round);
                target.wake();
                for (int spins = 1; seen.get() != round && !Thread.interrupted(); spins++) {
                  Thread.onSpinWait();
                  if (spins % SPINS_AT_ONCE == 0) {
                    Thread.yield();
                  }
                }
              }
            });
    try {
      while (seen.get() < rounds) {
        engine.await(Engine.FOREVER);
        dispatch(16);
        seen.set(posted.get());
      }
    } finally {
      other.interrupt();
      other.join();
    }
  }

  @Test
  void shouldTakeWakeUpsFromManyThreadsWhileItWorks() throws InterruptedException {
    Connection connection = connect();
    Pattern pattern = new Pattern(11);
    AtomicInteger left = new AtomicInteger(4);
    List<Thread> threads = new ArrayList<>();
    Engine target = engine;
    for (int i = 0; i < 4; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int n = 0; n < 2000; n++) {
                  target.wake();
                }
                left.decrementAndGet();
                target.wake();
              }));
    }
    Receiving receiving = new Receiving(connection.server(), pattern).start();
    Sending sending = new Sending(connection.client(), pattern, 1 << 20).start();
    while (left.get() > 0) {
      engine.await(Engine.FOREVER);
      dispatch(64);
    }
    turnUntil("all received", () -> receiving.count == sending.total);
    for (Thread thread : threads) {
      thread.join();
    }
    cancelAndAwait(receiving);
  }

  @Test
  void shouldBeWokenWhileItCloses() throws InterruptedException {
    for (int round = 0; round < 50; round++) {
      Engine other = openEngine(EngineOptions.defaults());
      AtomicInteger started = new AtomicInteger();
      Thread waker =
          Thread.ofPlatform()
              .start(() -> {
                for (int n = 0; n < 200; n++) {
                  other.wake();
                  started.set(1);
                }
              });
      while (started.get() == 0) {
        Thread.onSpinWait();
      }
      other.close();
      waker.join();
    }
  }

  @Test
  void shouldRunNoMoreCallbacksThanTheBudget() {
    List<Connecting> refused = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      Connecting operation = new Connecting(1_000_000, loopback(9)).start();
      refused.add(operation);
    }
    assertThat(engine.active()).isEqualTo(10);
    int ran = 0;
    while (ran < 10) {
      engine.await(Engine.FOREVER);
      int now = dispatch(3);
      assertThat(now).isBetween(0, 3);
      ran += now;
      assertThat(refused.stream().mapToInt(operation -> operation.ends).sum()).isEqualTo(ran);
    }
    assertThat(refused).allMatch(operation -> operation.result == Errno.EBADF.negated());
    assertThat(engine.active()).isZero();
  }

  @Test
  void shouldEndOperationsOnDescriptorsThatDoNotExist() {
    int bad = 1_000_000;
    Receiving receiving = new Receiving(bad, new Pattern(0)).start();
    Sending sending = new Sending(bad, new Pattern(0), 10).start();
    Accepting accepting = new Accepting(bad).start();
    ReceivingFrom receivingFrom = new ReceivingFrom(bad).start();
    SendingTo sendingTo = new SendingTo(bad, loopback(9), new byte[3]).start();
    turnUntil("all ended", () -> engine.active() == 0);
    int expected = Errno.EBADF.negated();
    assertThat(receiving.result).isEqualTo(expected);
    assertThat(sending.result).isEqualTo(expected);
    assertThat(accepting.result).isEqualTo(expected);
    assertThat(receivingFrom.result).isEqualTo(expected);
    assertThat(sendingTo.result).isEqualTo(expected);
  }

  @Test
  void shouldCancelWhatWasNotStartedYet() {
    Connection connection = connect();
    Receiving receiving = new Receiving(connection.server(), new Pattern(0)).start();
    engine.cancel(receiving);
    engine.cancel(receiving);
    assertThat(receiving.ends).isZero();
    turnUntil("ended", () -> receiving.ends == 1);
    assertThat(receiving.result).isEqualTo(Errno.ECANCELED.negated());
    settle();
    assertThat(receiving.ends).isOne();
  }

  @Test
  void shouldIgnoreCancelOfWhatIsIdle() {
    Connection connection = connect();
    Receiving receiving = new Receiving(connection.server(), new Pattern(0));
    engine.cancel(receiving);
    settle();
    assertThat(receiving.ends).isZero();
    assertThat(engine.active()).isZero();
  }

  @Test
  void shouldCountWhatIsActive() {
    Connection connection = connect();
    assertThat(engine.active()).isZero();
    Receiving one = new Receiving(connection.server(), new Pattern(0)).start();
    Receiving two = new Receiving(connection.client(), new Pattern(0)).start();
    assertThat(engine.active()).isEqualTo(2);
    settle();
    assertThat(engine.active()).isEqualTo(2);
    engine.cancel(one);
    engine.cancel(two);
    assertThat(engine.active()).isEqualTo(2);
    turnUntil("both ended", () -> engine.active() == 0);
    assertThat(one.ends + two.ends).isEqualTo(2);
  }

  /** Fibers may have threads of their own, which take turns with that of the loop. */
  @Test
  void shouldTakeAnyNumberOfOperationsFromAFiberWithAThreadOfItsOwn() throws InterruptedException {
    int socket = datagramSocket(loopback(0));
    SocketAddress target = local(socket);
    List<SendingTo> sends = new ArrayList<>();
    List<Connecting> connects = new ArrayList<>();
    Thread fiber =
        Thread.ofPlatform()
            .start(() -> {
              for (int i = 0; i < 700; i++) {
                sends.add(new SendingTo(socket, target, new byte[20]).start());
                connects.add(new Connecting(1_000_000, loopback(9)).start());
              }
            });
    fiber.join();
    assertThat(engine.active()).isEqualTo(1400);
    engine.cancel(sends.getLast());
    turnUntil("all ended", () -> engine.active() == 0);
    SendingTo cancelled = sends.removeLast();
    assertThat(cancelled.result).isIn(20, Errno.ECANCELED.negated());
    assertThat(sends).allMatch(send -> send.result == 20 && send.ends == 1);
    assertThat(connects).allMatch(connect -> connect.result == Errno.EBADF.negated());
  }

  @Test
  void shouldNeitherRepeatNorLoseCompletionsWhereACallbackThrows() {
    List<Receiving> receivers = new ArrayList<>();
    List<Connection> connections = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      connections.add(connect());
      Receiving receiving = new Receiving(connections.get(i).server(), new Pattern(i)).start();
      receivers.add(receiving);
      if (i % 2 == 1) {
        receiving.onReceived = EngineHarness::fail;
        receiving.onStopped = EngineHarness::fail;
      }
    }
    for (int i = 0; i < 6; i++) {
      new Sending(connections.get(i).client(), new Pattern(i), 150_000).start();
    }
    int thrown =
        turnThrough(() -> receivers.stream().allMatch(receiving -> receiving.count == 150_000));
    assertThat(thrown)
        .isBetween(3, receivers.stream().mapToInt(receiving -> receiving.callbacks).sum());
    receivers.forEach(engine::cancel);
    assertThat(turnThrough(() -> engine.active() == 0)).isBetween(1, 3);
    assertThat(receivers).allMatch(receiving -> receiving.ends == 1);
  }

  @Test
  void shouldHandOutEachConnectionOnceWhereACallbackThrows() {
    int listener = listener();
    Accepting accepting = new Accepting(listener);
    accepting.onAccepted = EngineHarness::fail;
    List<Connecting> clients = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      clients.add(new Connecting(stream(Sockets.Family.INET4), local(listener)).start());
    }
    turnUntil("connected", () -> clients.stream().allMatch(client -> client.ends == 1));
    accepting.start();
    assertThat(turnThrough(() -> accepting.connections.size() >= 6)).isEqualTo(6);
    settle();
    assertThat(accepting.connections).hasSize(6).doesNotHaveDuplicates();
    cancelAndAwait(accepting);
  }

  @Test
  void shouldEndOperationsByForceWhenItCloses() {
    Engine other = openAnother();
    int socket = other.sockets().open(Sockets.Family.INET4, Sockets.Type.DATAGRAM);
    check(other.sockets().bind(socket, loopback(0)));
    ReceivingFrom receiving = new ReceivingFrom(socket);
    other.submit(receiving);
    other.await(0);
    int ran = other.dispatch(8);
    assertThat(ran).isZero();
    other.close();
    assertThat(receiving.ends).isZero();
    other.close();
  }
}
