package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.ClosedException;
import gyre.Fiber;
import gyre.Loop;
import gyre.io.IoException;
import gyre.net.MemoryCounters;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import gyre.sim.Simulation;
import gyre.sim.WorldEngine;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A server with hardly any memory on each engine, and peers that hold it: they ask for much and
 * read nothing, leave bodies and heads half sent, or reset in the middle of an answer. An honest
 * client is served all the same, within HTTP's own limits of time, and when they have gone nobody
 * waits for memory. {@code -Dgyre.http.shortage.seeds=N} (and {@code firstSeed}) runs other worlds.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HttpShortageTest {
  private static final int PORT = 8080;

  /** In both worlds an honest client was reset, in 6 for what others held, in 27 for an answer. */
  private static final long[] KNOWN = {6, 27};

  private static final int SEEDS = Integer.getInteger("gyre.http.shortage.seeds", 0);
  private static final long FIRST = Long.getLong("gyre.http.shortage.firstSeed", 1);
  private static final int HOLDERS = 24;
  private static final int EXCHANGES = 12;
  private static final long POOL_BYTES = 2L << 20;
  private static final byte[] LARGE = new byte[1 << 20];

  /** For who waits for his turn behind all who hold something, until their time is over. */
  private static final Duration PATIENCE = Duration.ofMinutes(20);

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldServeWhoIsHonestWhilePeersHoldItsMemory(Style style) {
    for (WorldEngine engine : WorldEngine.values()) {
      LongStream seeds = SEEDS > 0 ? LongStream.range(FIRST, FIRST + SEEDS) : LongStream.of(KNOWN);
      seeds.forEach(seed -> new Shortage(style, seed).simulation(engine).run());
    }
  }

  /** One world. */
  private static final class Shortage {
    private final Style style;
    private final long seed;
    private boolean isOver;
    private boolean haveGone;

    Shortage(Style style, long seed) {
      this.style = style;
      this.seed = seed;
    }

    Simulation simulation(WorldEngine engine) {
      return Simulation.seed(seed)
          .engine(engine)
          .limit(Duration.ofHours(10))
          // Buffers of a byte would make an honest client as slow as one that stands still.
          .faults(Faults.timing().without(Fault.SMALL_BUFFERS))
          .world(world -> {
            isOver = false;
            haveGone = false;
            world.host("server").poolLimitBytes(POOL_BYTES).run(this::serve);
            world.host("holders").run(this::hold);
            world.host("client").run(this::ask);
          });
    }

    private void serve() {
      InetSocketAddress where = new InetSocketAddress("0.0.0.0", PORT);
      HttpHandler handler =
          (request, response) -> {
            if (request.isPath("/large")) {
              response.send(LARGE);
            } else {
              response.send(request.body().readText());
            }
          };
      try (HttpServer server = style.open(Loop.current(), where, HttpOptions.defaults(), handler)) {
        assertThat(server.address().getPort()).isEqualTo(PORT);
        while (!haveGone) {
          Fiber.sleep(Duration.ofSeconds(1));
        }
        Fiber.sleep(Duration.ofMinutes(5)); // what they have left is let go of
        MemoryCounters memory = MemoryCounters.of(Loop.current());
        assertThat(memory.levelChanges()).as("memory was short").isPositive();
        assertThat(memory.waiting()).as(memory.toString()).isZero();
        assertThat(memory.promised()).as(memory.toString()).isZero();
      }
    }

    // ---- who holds memory

    private void hold() throws Exception {
      Fiber<?>[] holders = new Fiber<?>[HOLDERS];
      for (int i = 0; i < HOLDERS; i++) {
        int number = i;
        Random random = new Random(seed * 31 + number);
        holders[i] = Fiber.start("holder-" + i, () -> holdOn(number, random));
      }
      for (Fiber<?> holder : holders) {
        holder.join();
      }
      haveGone = true;
    }

    private void holdOn(int number, Random random) {
      while (!isOver) {
        Fiber.sleep(Duration.ofMillis(random.nextInt(500)));
        try (TcpStream stream = TcpStream.connect("server", PORT)) {
          switch (number % 4) {
            case 0 -> { // answers that nobody reads
              stream.pauseInput();
              stream.write("GET /large HTTP/1.1\r\nHost: server\r\n\r\n".repeat(20));
              stream.flush();
            }
            case 1 -> { // a body that stands still
              stream.write("POST /echo HTTP/1.1\r\nHost: server\r\nContent-Length: 900000\r\n\r\n");
              stream.write(new byte[50_000 + random.nextInt(150_000)]);
            }
            case 2 -> // a head that does
                stream.write("GET /large HTTP/1.1\r\nHost: " + "x".repeat(random.nextInt(3000)));
            default -> { // gone in the middle of an answer
              stream.write("GET /large HTTP/1.1\r\nHost: server\r\n\r\n");
              stream.await(1 + random.nextInt(100_000));
              stream.reset();
            }
          }
          for (int i = random.nextInt(40); i > 0 && !isOver; i--) {
            Fiber.sleep(Duration.ofMillis(500));
          }
          stream.reset();
        } catch (IoException | ClosedException _) {
          // refused, reset or timed out: as it deserves
        }
      }
    }

    // ---- who does not

    private void ask() {
      try {
        Fiber.sleep(Duration.ofSeconds(5)); // until the others hold what there is
        StreamOptions patient =
            StreamOptions.defaults().readTimeout(PATIENCE).writeTimeout(PATIENCE);
        for (int connection = 0; connection < 3; connection++) {
          try (TcpStream stream = TcpStream.connect("server", PORT, patient)) {
            for (int i = 0; i < EXCHANGES; i++) {
              exchange(stream, "honest " + connection + "." + i + " ");
            }
          }
        }
      } finally {
        isOver = true;
      }
    }

    /** A body in chunks, and the same back. */
    private static void exchange(TcpStream stream, String word) {
      StringBuilder body = new StringBuilder();
      stream.write("POST /echo HTTP/1.1\r\nHost: server\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int chunk = 1; chunk <= 4; chunk++) {
        String text = word.repeat(chunk * 10);
        body.append(text);
        stream.write(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
      }
      stream.write("0\r\n\r\n");
      assertThat(line(stream)).as(word).isEqualTo("HTTP/1.1 200 OK");
      int length = -1;
      for (String line = line(stream); !line.isEmpty(); line = line(stream)) {
        if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
          length = Integer.parseInt(line.substring("content-length:".length()).strip());
        }
      }
      assertThat(length).as(word).isEqualTo(body.length());
      assertThat(stream.readExactly(length)).asString().isEqualTo(body.toString());
    }

    private static String line(TcpStream stream) {
      return Objects.requireNonNull(stream.readLine(1000), "the server has closed");
    }
  }
}
