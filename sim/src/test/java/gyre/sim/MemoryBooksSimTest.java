package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.net.MemoryCounters;
import gyre.net.SocketStream;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who has gone is in none of the memory policy's books, and nobody has to go for them. */
@Timeout(60)
class MemoryBooksSimTest {
  private static final int PORT = 80;
  private static final int WRITER_PORT = 81;

  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldResetNobodyForSomebodyWhoHasGone(WorldEngine engine) {
    Simulation.seed(5)
        .engine(engine)
        .withoutFaults()
        .limit(Duration.ofHours(1))
        .world(world -> {
          world.host("server").poolLimitBytes(2L << 20).run(MemoryBooksSimTest::serve);
          world
              .host("client")
              .run(() -> {
                Fiber.sleep(Duration.ofSeconds(1));
                try (TcpStream half = TcpStream.connect("server", PORT)) {
                  half.write(new byte[500]);
                  try (TcpStream writer = TcpStream.connect("server", WRITER_PORT)) {
                    writer.write(new byte[1]);
                    Fiber.sleep(Duration.ofMillis(100));
                  }
                  Fiber.sleep(Duration.ofMinutes(1));
                  half.write(new byte[500]);
                  assertThat(half.await(1)).isTrue();
                }
              });
        })
        .run();
  }

  private static void serve() {
    try (TcpListener halves = TcpListener.bind("0.0.0.0", PORT);
        TcpListener writers = TcpListener.bind("0.0.0.0", WRITER_PORT);
        Scope scope = Scope.open("servers")) {
      SocketStream[] writer = new SocketStream[1];
      writers.onConnection(stream -> {
        writer[0] = stream;
        stream.onData(in -> {
          in.clear();
          assertThat(stream.isWritable()).as("there is memory").isFalse();
        });
      });
      try (TcpStream half = halves.accept();
          ByteQueue hog = half.input().sibling()) {
        while (hog.canAppend(1024)) {
          hog.append(new byte[1024]);
        }
        Fiber<?> ignored =
            scope.start(() -> {
              while (writer[0] == null) {
                Fiber.sleep(Duration.ofMillis(1));
              }
              Fiber.sleep(Duration.ofMillis(500));
              writer[0].reset();
            });
        assertThat(half.await(1000)).as("it is not reset").isTrue();
        half.write(new byte[1]);
        half.flush();
      }
      assertThat(MemoryCounters.of(Loop.current()).shedStreams()).isZero();
    }
  }
}
