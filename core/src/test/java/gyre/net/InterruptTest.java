package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import gyre.Task;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** An interrupt ends the one call that a fiber is parked in, and harms neither fiber nor handle. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InterruptTest {
  private static final int CONNECTS = 8;

  @Parameter String engine = "";

  /** Interrupts a fiber in {@code waiting}, and has it do what comes after. */
  private static void interruptIn(Task waiting, Task afterwards) throws Exception {
    try (Scope scope = Scope.open("interrupted")) {
      Thread[] thread = new Thread[1];
      Fiber<?> fiber =
          scope.start(
              "waiter",
              () -> {
                thread[0] = Thread.currentThread();
                assertThatThrownBy(waiting::run)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("waiter was interrupted");
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
                afterwards.run();
              });
      Fiber.yield();
      thread[0].interrupt();
      fiber.join();
    }
  }

  private static void exchange(SocketStream from, SocketStream to) {
    from.write(new byte[] {7});
    ByteBuffer one = ByteBuffer.allocate(1);
    to.readFully(one);
    assertThat(one.get(0)).isEqualTo((byte) 7);
  }

  @Test
  void shouldReadOnAfterAnInterruptedRead() {
    Loops.run(
        engine,
        () -> {
          UnixStream.Pair pair = UnixStream.pair();
          ByteBuffer one = ByteBuffer.allocate(1);
          interruptIn(() -> pair.left().read(one), () -> exchange(pair.right(), pair.left()));
          assertThat(one.position()).isZero();
          pair.left().close();
          pair.right().close();
        });
  }

  @Test
  void shouldGoOnWithTheRestOfAnInterruptedWrite() {
    Loops.run(
        engine,
        () -> {
          UnixStream.Pair pair = UnixStream.pair();
          ByteBuffer large = ByteBuffer.allocate(16 << 20);
          interruptIn(
              () -> pair.left().write(large),
              () -> {
                assertThat(large.hasRemaining()).isTrue();
                Fiber.start(() -> pair.left().write(large));
                ByteBuffer all = ByteBuffer.allocate(large.capacity());
                pair.right().readFully(all);
              });
          exchange(pair.left(), pair.right());
          pair.left().close();
          pair.right().close();
        });
  }

  @Test
  void shouldAcceptAfterAnInterruptedAccept() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          interruptIn(
              listener::accept,
              () -> {
                try (TcpStream client = TcpStream.connect(listener.address());
                    TcpStream accepted = listener.accept()) {
                  exchange(client, accepted);
                }
              });
          listener.close();
        });
  }

  @Test
  void shouldLeaveNothingOfAnInterruptedConnect() {
    Loops.run(
        engine,
        () -> {
          // More than the backlog takes: the rest waits, nobody accepts.
          TcpListener listener =
              TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().backlog(1));
          Thread[] threads = new Thread[CONNECTS];
          int[] interrupted = {0};
          try (Scope scope = Scope.open("connects")) {
            for (int i = 0; i < CONNECTS; i++) {
              int number = i;
              scope.start(() -> {
                threads[number] = Thread.currentThread();
                try {
                  TcpStream.connect(listener.address()).close();
                } catch (CancelledException e) {
                  assertThat(e).hasMessageContaining("was interrupted");
                  interrupted[0]++;
                }
              });
            }
            for (int turn = 0; turn < 100; turn++) {
              Fiber.yield();
            }
            for (Thread thread : threads) {
              thread.interrupt();
            }
            scope.join();
          }
          assertThat(interrupted[0]).isPositive();
          listener.close();
        });
  }

  @Test
  void shouldReceiveAfterAnInterruptedReceive() {
    Loops.run(
        engine,
        () -> {
          UdpSocket socket = UdpSocket.bind("127.0.0.1", 0);
          interruptIn(
              socket::receive,
              () -> {
                socket.send(ByteBuffer.wrap(new byte[3]), socket.localAddress());
                assertThat(socket.receive().payload().remaining()).isEqualTo(3);
              });
          socket.close();
        });
  }

  @Test
  void shouldJoinAfterAnInterruptedJoin() {
    Loops.run(
        engine,
        () -> {
          UnixStream.Pair pair = UnixStream.pair();
          try (Scope scope = Scope.open("joined")) {
            Fiber<Integer> other = scope.call(() -> pair.left().read(ByteBuffer.allocate(9)));
            interruptIn(
                other::join,
                () -> {
                  pair.right().write(new byte[5]);
                  assertThat(other.join()).isEqualTo(5);
                });
          }
          pair.left().close();
          pair.right().close();
        });
  }

  @Test
  void shouldSleepAfterAnInterruptedSleep() {
    Loops.run(
        engine,
        () ->
            interruptIn(
                () -> Fiber.sleep(Duration.ofDays(1)), () -> Fiber.sleep(Duration.ofMillis(1))));
  }
}
