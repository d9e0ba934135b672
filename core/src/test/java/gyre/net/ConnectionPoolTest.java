package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import gyre.Signal;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConnectionPoolTest {
  @Parameter String engine = "";

  private final Connections connections = new Connections();

  /** Connections to nowhere, which count. */
  private static final class Connections implements ConnectionFactory<String, Connections.Fake> {
    int made;
    int closed;
    boolean fails;

    /** Connecting parks until this is open. */
    @Nullable Signal hold;

    final class Fake implements AutoCloseable {
      final int number = ++made;
      boolean usable = true;

      @Override
      public void close() {
        closed++;
      }
    }

    @Override
    public Fake connect(String target) {
      Signal awaited = hold;
      if (awaited != null) {
        Fiber.await(awaited);
      }
      if (fails) {
        throw new IllegalStateException("no way to " + target);
      }
      return new Fake();
    }

    @Override
    public boolean isUsable(Fake connection) {
      return connection.usable;
    }
  }

  private interface Body {
    void run(ConnectionPool<String, Connections.Fake> pool) throws Exception;
  }

  private void with(PoolOptions options, Body body) {
    Loops.run(
        engine,
        () -> {
          try (ConnectionPool<String, Connections.Fake> pool =
              ConnectionPool.open(options, connections)) {
            body.run(pool);
          }
          assertThat(connections.closed).as("all are closed").isEqualTo(connections.made);
        });
  }

  private static void untilWaiting(ConnectionPool<?, ?> pool, int count) {
    while (pool.counters().waiting() != count) {
      Fiber.yield();
    }
  }

  @Test
  void shouldLendTheOneUsedLastAgain() {
    with(
        PoolOptions.defaults(),
        pool -> {
          Lease<Connections.Fake> first = pool.borrow("a");
          Lease<Connections.Fake> second = pool.borrow("a");
          first.close();
          second.close();
          try (Lease<Connections.Fake> third = pool.borrow("a")) {
            assertThat(third.connection().number).isEqualTo(2);
          }
          assertThat(connections.made).isEqualTo(2);
          assertThat(pool.counters().idle()).isEqualTo(2);
          assertThat(pool.counters().borrows()).isEqualTo(3);
        });
  }

  @Test
  void shouldThrowWhenALeaseIsUsedAfterItsEnd() {
    with(
        PoolOptions.defaults(),
        pool -> {
          Lease<Connections.Fake> lease = pool.borrow("a");
          lease.close();
          lease.close();
          lease.discard();
          assertThatThrownBy(lease::connection).isInstanceOf(IllegalStateException.class);
          assertThat(pool.counters().idle()).isEqualTo(1);
        });
  }

  @Test
  void shouldReplaceWhatCannotBeUsed() {
    with(
        PoolOptions.defaults(),
        pool -> {
          Lease<Connections.Fake> lease = pool.borrow("a");
          Connections.Fake broken = lease.connection();
          lease.close();
          broken.usable = false;
          try (Lease<Connections.Fake> next = pool.borrow("a")) {
            assertThat(next.connection().number).isEqualTo(2);
            next.connection().usable = false;
          }
          assertThat(pool.counters().idle()).isZero();
          assertThat(pool.counters().evictions()).isEqualTo(2);
        });
  }

  @Test
  void shouldServeWhoeverHasWaitedForLongest() {
    List<String> order = new ArrayList<>();
    with(
        PoolOptions.defaults().maxPerTarget(1),
        pool -> {
          Lease<Connections.Fake> lease = pool.borrow("a");
          try (Scope scope = Scope.open("borrowers")) {
            for (int i = 0; i < 5; i++) {
              String name = "b" + i;
              scope.start(
                  name,
                  () ->
                      pool.use(
                          "a",
                          connection -> {
                            order.add(name);
                            Fiber.yield();
                            return true;
                          }));
              untilWaiting(pool, i + 1);
            }
            lease.close();
            scope.join();
          }
          assertThat(connections.made).isEqualTo(1);
        });
    assertThat(order).containsExactly("b0", "b1", "b2", "b3", "b4");
  }

  @Test
  void shouldPassOnWhatACancelledBorrowerWasGiven() {
    with(
        PoolOptions.defaults().maxPerTarget(1).waitTimeout(Duration.ZERO),
        pool -> {
          Lease<Connections.Fake> lease = pool.borrow("a");
          Cancellation token = Cancellation.current().child();
          try (Scope scope = Scope.openIsolated("borrowers")) {
            Fiber<Boolean> cancelled =
                scope.call(() -> {
                  try {
                    token.run(() -> pool.borrow("a").close());
                    return false;
                  } catch (CancelledException e) {
                    return true;
                  }
                });
            untilWaiting(pool, 1);
            Fiber<Integer> next = scope.call(() -> pool.use("a", c -> c.number));
            untilWaiting(pool, 2);
            token.cancel("too late");
            lease.close(); // gives it to the first, before that has gone on
            assertThat(next.join()).isEqualTo(1);
            assertThat(cancelled.join()).as("it may have been in time").isIn(true, false);
          }
          token.close();
          assertThat(pool.counters().lent()).isZero();
        });
  }

  @Test
  void shouldKeepAConnectionWhoseBorrowerHasLeft() {
    with(
        PoolOptions.defaults(),
        pool -> {
          Signal hold = Signal.open();
          connections.hold = hold;
          assertThatThrownBy(
                  () -> Cancellation.within(Duration.ofMillis(1), () -> pool.borrow("a").close()))
              .isInstanceOf(DeadlineExceededException.class);
          assertThat(pool.counters().connecting()).isEqualTo(1);
          hold.raise();
          while (pool.counters().idle() == 0) {
            Fiber.yield();
          }
          assertThat(pool.counters().waiting()).isZero();
        });
  }

  @Test
  void shouldRefuseWhenTooManyWait() {
    with(
        PoolOptions.defaults().maxPerTarget(1).maxWaiters(1),
        pool -> {
          Lease<Connections.Fake> lease = pool.borrow("a");
          Fiber<?> waiter = Fiber.start(() -> pool.borrow("a").close());
          untilWaiting(pool, 1);
          assertThatThrownBy(() -> pool.borrow("a"))
              .isInstanceOf(RejectedExecutionException.class)
              .hasMessageContaining("maxWaiters");
          lease.close();
          Fiber.await(waiter.end());
        });
  }

  @Test
  void shouldTellWhoWaitsInVain() {
    with(
        PoolOptions.defaults().maxPerTarget(1).waitTimeout(Duration.ofMillis(5)),
        pool -> {
          try (Lease<Connections.Fake> lease = pool.borrow("a")) {
            assertThatThrownBy(() -> pool.borrow("a"))
                .isInstanceOf(NetworkTimeoutException.class)
                .hasMessageContaining("none was free within 5 ms")
                .hasMessageContaining("lent=1");
            assertThat(lease.connection().number).isEqualTo(1);
          }
          assertThat(pool.counters().timeouts()).isEqualTo(1);
          assertThat(pool.counters().waiting()).isZero();
        });
  }

  @Test
  void shouldMakeRoomByAnIdleConnectionToAnotherTarget() {
    with(
        PoolOptions.defaults().maxTotal(2),
        pool -> {
          Lease<Connections.Fake> old = pool.borrow("a");
          Lease<Connections.Fake> other = pool.borrow("b");
          old.close();
          try (Lease<Connections.Fake> third = pool.borrow("c")) {
            assertThat(third.connection().number).isEqualTo(3);
            assertThat(pool.counters().idle()).isZero();
          }
          other.close();
          assertThat(pool.counters().idle()).isEqualTo(2);
        });
  }

  @Test
  void shouldServeOtherTargetsWhereAllIsTheLimit() {
    with(
        PoolOptions.defaults().maxTotal(1),
        pool -> {
          Lease<Connections.Fake> lease = pool.borrow("a");
          Fiber<Integer> other = Scope.current().call(() -> pool.use("b", c -> c.number));
          untilWaiting(pool, 1);
          lease.close();
          assertThat(other.join()).isEqualTo(2);
        });
  }

  @Test
  void shouldFailOneBorrowerForEachConnectionThatCannotBeMade() {
    with(
        PoolOptions.defaults(),
        pool -> {
          connections.fails = true;
          assertThatThrownBy(() -> pool.borrow("a")).hasMessage("no way to a");
          connections.fails = false;
          pool.borrow("a").close();
          assertThat(pool.counters().connectFailures()).isEqualTo(1);
          assertThat(pool.counters().idle()).isEqualTo(1);
        });
  }

  @Test
  void shouldDiscardAfterAFailure() {
    with(
        PoolOptions.defaults(),
        pool -> {
          assertThatThrownBy(() ->
                  pool.use(
                      "a",
                      c -> {
                        throw new IllegalArgumentException("half-way");
                      }))
              .hasMessage("half-way");
          assertThat(pool.counters().idle()).isZero();
          assertThat(pool.counters().lent()).isZero();
        });
  }

  @Test
  void shouldPrewarmAndEvict() {
    with(
        PoolOptions.defaults(),
        pool -> {
          pool.prewarm("a", 3);
          assertThat(pool.counters().idle()).isEqualTo(3);
          pool.prewarm("a", 3);
          assertThat(connections.made).isEqualTo(3);
          pool.evict("a");
          assertThat(pool.counters().idle()).isZero();
          assertThatThrownBy(() -> pool.prewarm("a", 9))
              .isInstanceOf(IllegalArgumentException.class);
        });
  }

  @Test
  void shouldWaitForWhatIsLentWhenItDrains() {
    with(
        PoolOptions.defaults().maxPerTarget(1),
        pool -> {
          Lease<Connections.Fake> lease = pool.borrow("a");
          Fiber<Boolean> drain = Scope.current().call(() -> pool.drain(Duration.ofMinutes(1)));
          while (pool.toString().contains("OPEN")) {
            Fiber.yield();
          }
          assertThatThrownBy(() -> pool.borrow("a"))
              .isInstanceOf(NetworkException.class)
              .hasMessageContaining("draining");
          lease.close();
          assertThat(drain.join()).isTrue();
        });
  }

  @Test
  void shouldTellBorrowersOfTheClose() {
    with(
        PoolOptions.defaults().maxPerTarget(1),
        pool -> {
          Lease<Connections.Fake> lease = pool.borrow("a");
          Fiber<Boolean> waiter =
              Scope.current()
                  .call(() -> {
                    try {
                      pool.borrow("a").close();
                      return false;
                    } catch (NetworkException e) {
                      return Objects.toString(e.getMessage()).contains("closed");
                    }
                  });
          untilWaiting(pool, 1);
          pool.close();
          assertThat(waiter.join()).isTrue();
          lease.close();
          while (connections.closed < 1) {
            Fiber.yield();
          }
        });
  }

  // ---- over TCP

  private static String ask(TcpStream stream, String question) {
    stream.write(question + "\n");
    String answer = stream.readLine(100, StandardCharsets.UTF_8);
    if (answer == null) {
      throw new IllegalStateException("no answer to " + question);
    }
    return answer;
  }

  private static void answer(TcpStream stream, int limit) {
    int answered = 0;
    for (String line = stream.readLine(100);
        line != null && answered++ < limit;
        line = answered < limit ? stream.readLine(100) : null) {
      stream.write(line + "!\n");
    }
  }

  private interface Client {
    void run(ConnectionPool<InetSocketAddress, TcpStream> pool, InetSocketAddress server)
        throws Exception;
  }

  /** Against a server that closes a connection after some requests. */
  @SuppressWarnings("try") // what is served ends with the listener
  private void overTcp(int requestsPerConnection, PoolOptions options, Client client) {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            Fiber<?> server =
                Fiber.start(() -> listener.serve(stream -> answer(stream, requestsPerConnection)));
            try (ConnectionPool<InetSocketAddress, TcpStream> pool = ConnectionPool.tcp(options)) {
              client.run(pool, listener.address());
            }
            listener.close();
            Fiber.await(server.end());
          }
        });
  }

  @Test
  void shouldMakeAThousandRequestsOverFourConnections() {
    overTcp(
        Integer.MAX_VALUE,
        PoolOptions.defaults().maxPerTarget(4),
        (pool, server) -> {
          try (Scope scope = Scope.open("clients")) {
            for (int i = 0; i < 50; i++) {
              String name = "c" + i + "-";
              scope.start(() -> {
                for (int k = 0; k < 20; k++) {
                  String question = name + k;
                  assertThat(pool.<String>use(server, s -> ask(s, question)))
                      .isEqualTo(question + "!");
                }
              });
            }
            scope.join();
          }
          assertThat(pool.counters().borrows()).isEqualTo(1000);
          assertThat(pool.counters().connects()).isBetween(1L, 4L);
        });
  }

  @Test
  void shouldNotLendAConnectionThatTheServerHasClosed() {
    overTcp(
        1,
        PoolOptions.defaults(),
        (pool, server) -> {
          for (int i = 0; i < 10; i++) {
            Lease<TcpStream> lease = pool.borrow(server);
            TcpStream stream = lease.connection();
            assertThat(ask(stream, "q")).isEqualTo("q!");
            lease.close();
            while (stream.isOpen() && stream.isReusable()) {
              Fiber.sleep(Duration.ofMillis(1));
            }
          }
          assertThat(pool.counters().connects()).isEqualTo(10);
          assertThat(pool.counters().evictions()).isBetween(9L, 10L);
        });
  }

  @Test
  void shouldNotLendAConnectionWithAnAnswerThatNobodyHasRead() {
    overTcp(
        Integer.MAX_VALUE,
        PoolOptions.defaults(),
        (pool, server) -> {
          Lease<TcpStream> lease = pool.borrow(server);
          lease.connection().write("unread\n");
          assertThat(lease.connection().await(1)).isTrue();
          lease.close();
          assertThat(pool.<String>use(server, s -> ask(s, "q"))).isEqualTo("q!");
          assertThat(pool.counters().connects()).isEqualTo(2);
        });
  }
}
