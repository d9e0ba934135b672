package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Signal;
import gyre.Task;
import gyre.io.ByteQueue;
import gyre.io.ByteRateLimit;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.fault.Faults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rates of streams in virtual time, where what is said of durations is exact. */
@Timeout(60)
class ByteRateLimitSimTest {
  private static final long RATE = 100_000;
  private static final int TEN_SECONDS_BYTES = 1_000_000;

  private interface Pair {
    void use(TcpStream near, TcpStream far) throws Exception;
  }

  private static void run(Task main) {
    Simulation.seed(1).withoutFaults().world(world -> world.host("host").run(main)).run();
  }

  private static void with(StreamOptions near, Pair pair) {
    run(() -> {
      try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          TcpStream client = TcpStream.connect(listener.address(), near);
          TcpStream server = listener.accept()) {
        pair.use(client, server);
      }
    });
  }

  private static Duration time(Task body) throws Exception {
    long before = Loop.current().nanoTime();
    body.run();
    return Duration.ofNanos(Loop.current().nanoTime() - before);
  }

  private static long receiveAll(TcpStream stream) {
    long bytes = 0;
    while (stream.await(1)) {
      bytes += stream.input().size();
      stream.input().clear();
    }
    return bytes;
  }

  private static void receiveUntilReset(TcpStream stream) {
    assertThatThrownBy(() -> receiveAll(stream)).isInstanceOf(IoException.class);
  }

  /** What takes ten seconds, of which a tenth is there at the beginning, or another burst. */
  private static void assertTenSeconds(Duration taken) {
    assertThat(taken).isBetween(Duration.ofMillis(9_800), Duration.ofMillis(10_050));
  }

  private static void send(TcpStream from, TcpStream to) throws Exception {
    assertTenSeconds(
        time(() -> {
          try (Scope scope = Scope.open("sender")) {
            scope.start(() -> {
              from.write(new byte[TEN_SECONDS_BYTES]);
              from.shutdownOutput();
            });
            assertThat(receiveAll(to)).isEqualTo(TEN_SECONDS_BYTES);
          }
        }));
  }

  @Test
  void shouldSendAtTheRateOfTheOptions() {
    with(StreamOptions.defaults().outputBytesPerSecond(RATE), ByteRateLimitSimTest::send);
  }

  @Test
  void shouldReceiveAtTheRateOfTheOptions() {
    with(
        StreamOptions.defaults().inputBytesPerSecond(RATE).receiveBufferBytes(4_096),
        (near, far) -> send(far, near));
  }

  @Test
  void shouldReceiveAtTheRateInPushStyle() {
    with(
        StreamOptions.defaults().inputBytesPerSecond(RATE),
        (near, far) ->
            assertTenSeconds(
                time(() -> {
                  long[] bytes = new long[1];
                  Signal ended = Signal.open();
                  near.onData(
                      new DataHandler() {
                        @Override
                        public void onData(ByteQueue in) {
                          bytes[0] += in.size();
                          in.clear();
                        }

                        @Override
                        public void onEnd(ByteStream stream) {
                          ended.raise();
                        }
                      });
                  far.write(new byte[TEN_SECONDS_BYTES]);
                  far.shutdownOutput();
                  Fiber.await(ended);
                  assertThat(bytes[0]).isEqualTo(TEN_SECONDS_BYTES);
                })));
  }

  // ---- groups, and all of a loop

  private static void withMany(int streams, java.util.function.Consumer<List<TcpStream>> body) {
    run(() -> {
      try (TcpListener listener = TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults());
          Scope scope = Scope.open("servers")) {
        List<TcpStream> clients = new ArrayList<>();
        List<TcpStream> servers = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
          clients.add(TcpStream.connect(listener.address()));
          servers.add(listener.accept());
        }
        for (TcpStream server : servers) {
          scope.start(() -> receiveUntilReset(server));
        }
        body.accept(clients);
        clients.forEach(ByteStream::close);
        scope.join();
        servers.forEach(ByteStream::close);
      }
    });
  }

  private static void writeForEver(Scope scope, TcpStream stream) {
    scope.start(() -> {
      while (true) {
        stream.write(new byte[10_000]);
      }
    });
  }

  @Test
  void shouldShareALimitEvenlyAmongManyStreams() {
    withMany(
        20,
        streams -> {
          ByteRateLimit all = ByteRateLimit.create("all", RATE);
          List<ByteRateLimit> each = new ArrayList<>();
          try (Scope scope = Scope.openIsolated("writers")) {
            for (TcpStream stream : streams) {
              ByteRateLimit own = all.child(stream.name(), 8 * RATE);
              each.add(own);
              stream.limitOutput(own);
              writeForEver(scope, stream);
            }
            Fiber.sleep(Duration.ofSeconds(20));
            assertThat(all.movedBytes()).isBetween(20 * RATE, 20 * RATE + 2 * RATE / 10);
            for (ByteRateLimit own : each) {
              assertThat(own.movedBytes()).isBetween(RATE / 2, 2 * RATE);
            }
            scope.cancel("enough");
          }
          streams.forEach(TcpStream::reset);
        });
  }

  @Test
  void shouldGiveWhatASlowStreamLeavesToTheOthers() {
    withMany(
        2,
        streams -> {
          ByteRateLimit loop = ByteRateLimit.create("loop", RATE);
          ByteRateLimit group = loop.child("group", 2 * RATE);
          ByteRateLimit slow = group.child("slow", RATE / 10);
          try (Scope scope = Scope.openIsolated("writers")) {
            streams.get(0).limitOutput(slow);
            streams.get(1).limitOutput(group);
            streams.forEach(stream -> writeForEver(scope, stream));
            Fiber.sleep(Duration.ofSeconds(20));
            assertThat(slow.movedBytes()).isBetween(2 * RATE * 9 / 10, 2 * RATE * 11 / 10);
            assertThat(loop.movedBytes()).isBetween(20 * RATE, 20 * RATE + 2 * RATE / 10);
            scope.cancel("enough");
          }
          streams.forEach(TcpStream::reset);
          Fiber.yield();
          Fiber.yield();
          assertThat(group.waiting() + loop.waiting() + slow.waiting())
              .as("all have left")
              .isZero();
        });
  }

  @Test
  void shouldShareALimitOfTheInput() {
    run(() -> {
      ByteRateLimit all = ByteRateLimit.create("all", RATE);
      List<ByteRateLimit> each = new ArrayList<>();
      try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          Scope scope = Scope.openIsolated("both sides")) {
        for (int i = 0; i < 10; i++) {
          TcpStream client = TcpStream.connect(listener.address());
          TcpStream server = listener.accept();
          ByteRateLimit own = all.child("own", RATE);
          each.add(own);
          server.limitInput(own);
          writeForEver(scope, client);
          scope.start(() -> receiveAll(server));
        }
        Fiber.sleep(Duration.ofSeconds(20));
        long portions = 10 * 4_096; // which those have got that are let through, and that are owed
        assertThat(all.movedBytes()).isBetween(19 * RATE, 20 * RATE + RATE / 10 + portions);
        for (ByteRateLimit own : each) {
          assertThat(own.movedBytes()).isBetween(RATE, 3 * RATE);
        }
        scope.cancel("enough");
      }
    });
  }

  // ---- changes, ends

  @Test
  void shouldFollowAChangeOfTheRateAtOnce() {
    with(
        StreamOptions.defaults(),
        (near, far) -> {
          ByteRateLimit limit = ByteRateLimit.create("change", 1, 1);
          near.limitOutput(limit);
          near.write("twenty bytes of text");
          Fiber.sleep(Duration.ofSeconds(5));
          assertThat(limit.movedBytes()).isBetween(5L, 6L);
          limit.change(RATE, RATE);
          assertThat(time(() -> assertThat(far.await(20)).isTrue()))
              .isLessThan(Duration.ofMillis(50));
        });
  }

  @Test
  void shouldSendTheRestAtItsRateWhenItCloses() {
    with(
        StreamOptions.defaults().outputBytesPerSecond(RATE),
        (near, far) ->
            assertThat(
                    time(() -> {
                      near.write(new byte[100_000]);
                      near.close();
                      assertThat(receiveAll(far)).isEqualTo(100_000);
                    }))
                .isBetween(Duration.ofMillis(800), Duration.ofMillis(1_050)));
  }

  @Test
  void shouldHearOfAResetWhileNothingMayBeReceived() {
    with(
        StreamOptions.defaults(),
        (near, far) -> {
          ByteRateLimit limit = ByteRateLimit.create("slow", 1, 1);
          near.limitInput(limit);
          far.write(new byte[1_000]);
          near.await(1);
          Fiber.sleep(Duration.ofSeconds(1));
          far.reset();
          assertThat(
                  time(() ->
                      assertThatThrownBy(() -> near.await(1_000)).hasMessageContaining("RESET")))
              .isLessThan(Duration.ofSeconds(5));
        });
  }

  @Test
  void shouldMakeNoTurnsWhileItWaits() {
    with(
        StreamOptions.defaults(),
        (near, far) -> {
          ByteRateLimit limit = ByteRateLimit.create("slow", 1, 1);
          near.limitOutput(limit);
          near.write("ab");
          Fiber.sleep(Duration.ofMillis(100));
          long turns = Loop.current().counters().turns();
          Fiber.sleep(Duration.ofMillis(500));
          assertThat(Loop.current().counters().turns() - turns).isLessThan(5);
          assertThat(far.await(2)).isTrue();
        });
  }

  @Test
  void shouldRefuseWhatMakesNoSense() {
    assertThatThrownBy(() -> StreamOptions.defaults().inputBytesPerSecond(-1))
        .hasMessageContaining("inputBytesPerSecond is -1");
    with(
        StreamOptions.defaults(),
        (near, far) ->
            assertThatThrownBy(() -> ByteRateLimit.create("none", 0))
                .hasMessageContaining("must be between 1"));
  }

  // ---- anything that may happen

  /**
   * Streams come, write, are closed and reset, their limits change; with faults of the network. No
   * limit lets more through than it says, and nobody waits for good: the world would tell.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void shouldKeepTheRateAndForgetNobodyWhateverHappens(long seed) {
    Simulation.seed(seed)
        .faults(seed % 3 == 0 ? Faults.none() : Faults.all())
        .world(world ->
            world
                .host("host")
                .run(() -> {
                  ByteRateLimit all = ByteRateLimit.create("all", RATE, 5_000);
                  long begun = Loop.current().nanoTime();
                  try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
                    for (int round = 0; round < 5; round++) {
                      try (Scope scope = Scope.openIsolated("round")) {
                        for (int i = 0; i < 8; i++) {
                          scope.start(() -> talk(world, scope, listener, all));
                        }
                        Fiber.sleep(Duration.ofMillis(world.random(3_000)));
                        scope.cancel("the next round");
                      }
                    }
                  }
                  double seconds = (Loop.current().nanoTime() - begun) / 1e9;
                  double most = RATE * seconds + 5_000 + 16 * 4_096 + 16 * 1_024;
                  assertThat((double) all.movedBytes()).isPositive().isLessThan(most);
                  Fiber.sleep(Duration.ofSeconds(30)); // closes of both sides
                  assertThat(all.waiting()).isZero();
                }))
        .run();
  }

  @SuppressWarnings("try") // one of the steps
  private static void talk(World world, Scope scope, TcpListener listener, ByteRateLimit all) {
    try (TcpStream near = TcpStream.connect(listener.address());
        TcpStream far = listener.accept()) {
      ByteRateLimit own = all.child("own", 1 + world.random(200_000), 1 + world.random(20_000));
      near.limitOutput(world.random(2) == 0 ? all : own);
      far.limitInput(world.random(2) == 0 ? all : own);
      scope.start(() -> {
        try {
          receiveAll(far);
        } catch (IoException | IllegalStateException e) {
          far.close();
        }
      });
      for (int i = 0; i < 20; i++) {
        near.write(new byte[world.random(20_000)]);
        switch (world.random(8)) {
          case 0 -> own.change(1 + world.random(300_000), 1 + world.random(9_000));
          case 1 -> near.limitOutput(own);
          case 2 -> Fiber.sleep(Duration.ofMillis(world.random(200)));
          case 3 -> near.flush();
          default -> {}
        }
      }
    } catch (IoException e) {
      // the network did it
    }
  }
}
