package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.ClosedException;
import gyre.Deadline;
import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import gyre.Signal;
import gyre.Source;
import gyre.Timer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Waiting for the first of several things, of whatever kinds, and taking just that one. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@org.junit.jupiter.api.Timeout(
    value = 30,
    unit = TimeUnit.SECONDS,
    threadMode = org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD)
class SelectTest {
  private static final Duration LONG = Duration.ofHours(1);

  @Parameter String engine = "";

  @Test
  void shouldSelectOverATimerAListenerAndAFibersEnd() {
    Loops.run(
        engine,
        () -> {
          Signal finish = Signal.open();
          Fiber<?> worker = Fiber.start("worker", () -> Fiber.await(finish));
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            Timer timer = Loop.current().timer(() -> {});
            Source[] all = {timer.fired(), listener.acceptable(), worker.end()};

            timer.restart(Duration.ofMillis(1));
            assertThat(Fiber.awaitFirst(all)).isSameAs(timer.fired());
            assertThat(timer.takeFired()).isEqualTo(1);

            Fiber<TcpStream> client =
                Scope.current().call(() -> TcpStream.connect(listener.address()));
            assertThat(Fiber.awaitFirst(all)).isSameAs(listener.acceptable());
            listener.accept().close();
            client.join().close();

            finish.raise();
            assertThat(Fiber.awaitFirst(all)).isSameAs(worker.end());
            assertThat(listener.acceptable().isReady()).isFalse();
            assertThat(timer.takeFired()).isZero();
          }
        });
  }

  @Test
  void shouldGiveEachOfSeveralAcceptingFibersAConnection() {
    List<String> log = new ArrayList<>();
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              Scope scope = Scope.open("acceptors")) {
            for (String name : List.of("first", "second")) {
              Fiber<?> acceptor =
                  scope.start(
                      name,
                      () -> {
                        try (TcpStream stream = listener.accept()) {
                          assertThat(stream.isOpen()).isTrue();
                          log.add(name);
                        }
                      });
              untilWaiting(acceptor, listener.acceptable());
            }
            for (int i = 0; i < 2; i++) {
              TcpStream.connect(listener.address()).close();
            }
            scope.join();
          }
        });
    assertThat(log).containsExactlyInAnyOrder("first", "second");
  }

  @Test
  void shouldTellFibersThatAcceptOfTheClose() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          Fiber<?> acceptor =
              Fiber.start(
                  () -> assertThatThrownBy(listener::accept).isInstanceOf(ClosedException.class));
          untilWaiting(acceptor, listener.acceptable());
          assertThatThrownBy(() -> listener.onConnection(s -> {}))
              .hasMessageContaining("accepts connections");
          listener.close();
          Fiber.await(acceptor.end());
        });
  }

  @Test
  void shouldSelectOverADatagramAndACancellation() {
    Loops.run(
        engine,
        () -> {
          Cancellation token = Cancellation.current().child();
          try (UdpSocket socket = UdpSocket.bind("127.0.0.1", 0);
              UdpSocket client = UdpSocket.connect(socket.localAddress())) {
            client.send(ByteBuffer.wrap(new byte[] {1}));
            assertThat(Fiber.awaitFirst(socket.readable(), token.cancelled(), Deadline.in(LONG)))
                .isSameAs(socket.readable());
            assertThat(socket.receive().payload().remaining()).isEqualTo(1);
            Fiber<?> canceller = Fiber.start(() -> token.cancel("over"));
            assertThat(Fiber.awaitFirst(socket.readable(), token.cancelled()))
                .isSameAs(token.cancelled());
            Fiber.await(canceller.end());
          }
        });
  }

  @Test
  void shouldCountTheRunsOfAPeriodicTimerUntilTheyAreTaken() {
    Loops.run(
        engine,
        () -> {
          int[] runs = {0};
          Timer timer = Loop.current().every(Duration.ofMillis(1), () -> runs[0]++);
          assertThat(timer.takeFired()).isZero();
          int taken = 0;
          while (runs[0] < 5) {
            Fiber.await(timer.fired());
            taken += timer.takeFired();
          }
          assertThat(taken).isEqualTo(runs[0]);
          timer.close();
          Fiber.await(timer.fired()); // is over, and holds up nobody
          assertThat(timer.takeFired()).isZero();
        });
  }

  private static void untilWaiting(Fiber<?> fiber, Source source) {
    while (Loop.current().fibers().stream()
        .noneMatch(
            info -> info.name().equals(fiber.name()) && info.waitsFor().equals(source.doing()))) {
      Fiber.yield();
    }
  }
}
