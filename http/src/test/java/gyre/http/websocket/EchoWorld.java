package gyre.http.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.http.HttpHandler;
import gyre.http.HttpLimits;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.io.IoException;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import gyre.sim.Simulation;
import gyre.sim.WorldEngine;
import gyre.sim.fault.Faults;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.ToLongFunction;

/**
 * Clients that are programs of their own talk to a server that echoes, in a world of short reads,
 * delays and resets. They send fragments with pings between them, compressed or not, in pieces.
 * Each message comes back once, in its order, with its own bytes; the last ping is answered; there
 * is one good-bye.
 */
public final class EchoWorld implements ToLongFunction<long[]> {
  private static final int PORT = 8080;
  private static final int CLIENTS = 2;
  private static final int CONNECTIONS = 3;
  private static final Duration LONG = Duration.ofHours(3);

  private long echoed;

  /** For the loader. */
  public EchoWorld() {}

  /**
   * Runs worlds of timing alone, where nothing may get lost.
   *
   * @param range the first seed, and how many
   * @return how many messages came back
   */
  @Override
  public long applyAsLong(long[] range) {
    for (long seed = range[0]; seed < range[0] + range[1]; seed++) {
      run(seed, false);
    }
    return echoed;
  }

  /** One world. */
  long run(long seed, boolean mayBreak) {
    Simulation.seed(seed)
        .engine(WorldEngine.ofSeed(seed))
        .limit(Duration.ofHours(20))
        .world(world -> {
          world.host("server").background(() -> serve(seed, mayBreak));
          for (int i = 0; i < CLIENTS; i++) {
            String name = "client-" + i;
            Random random = new Random(seed * 31 + i);
            world.host(name).run(() -> talk(name, random, mayBreak));
            world.link(name, "server").latency(Duration.ofMillis(1), Duration.ofMillis(20));
          }
        })
        .faults(mayBreak ? Faults.all() : Faults.timing())
        .run();
    return echoed;
  }

  // ---- the server

  private static void serve(long seed, boolean mayBreak) {
    // The peer here answers no pings: a stall of half a minute would look like a server's fault.
    WebSocketOptions options =
        WebSocketOptions.defaults().deflaters(1).pingInterval(LONG).pongTimeout(LONG);
    HttpLimits limits = HttpLimits.defaults();
    if (!mayBreak) {
      options = options.idleTimeout(LONG).closeTimeout(LONG);
      limits = limits.headTimeout(LONG).bodyTimeout(LONG).writeTimeout(LONG).idleTimeout(LONG);
    }
    HttpHandler echo =
        seed % 3 == 0 ? WebSocketTest.directEcho(options) : WebSocketTest.pushEcho(options);
    InetSocketAddress where = new InetSocketAddress("0.0.0.0", PORT);
    HttpOptions http = HttpOptions.defaults().limits(limits);
    try (HttpServer server =
        seed % 2 == 0
            ? HttpServer.serve(Loop.current(), where, http, echo)
            : HttpServer.onRequest(Loop.current(), where, http, echo)) {
      assertThat(server.address().getPort()).isEqualTo(PORT);
      Fiber.sleep(Duration.ofDays(2));
    }
  }

  // ---- the clients

  private void talk(String name, Random random, boolean mayBreak) {
    for (int connection = 0; connection < CONNECTIONS; connection++) {
      if (mayBreak) {
        Fiber.sleep(Duration.ofSeconds(1)); // until the server is there
      }
      boolean isFresh = random.nextBoolean();
      Script script = Script.of(name + "-" + connection, random);
      try (TcpStream stream = TcpStream.connect("server", PORT, options(mayBreak))) {
        EchoPeer peer = new EchoPeer(stream, isFresh);
        peer.shakeHands();
        Random pace = new Random(random.nextLong());
        Fiber<?> writer =
            Fiber.start(() -> {
              try {
                send(stream, script.bytes(), pace);
              } catch (IoException | IllegalStateException e) {
                assertThat(mayBreak).as(e.toString()).isTrue();
              }
            });
        try {
          echoed += peer.check(script);
        } finally {
          if (mayBreak && stream.isOpen()) {
            stream.reset(); // which ends a writer that nobody listens to
          }
        }
        Fiber.await(writer.end());
      } catch (IoException | EchoPeer.Ended e) {
        if (!mayBreak) {
          throw e;
        }
      }
    }
  }

  private static StreamOptions options(boolean mayBreak) {
    StreamOptions options = StreamOptions.defaults();
    return mayBreak
        ? options.readTimeout(Duration.ofMinutes(2)).writeTimeout(Duration.ofMinutes(2))
        : options;
  }

  private static void send(TcpStream stream, byte[] bytes, Random pace) {
    for (int at = 0; at < bytes.length; ) {
      int part = Math.min(bytes.length - at, 1 + pace.nextInt(pace.nextBoolean() ? 7 : 3000));
      stream.write(bytes, at, part);
      at += part;
      if (pace.nextInt(4) == 0) {
        Fiber.sleep(Duration.ofMillis(pace.nextInt(20)));
      }
    }
  }

  /**
   * What one connection sends and expects.
   *
   * @param pings in their order
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Script(byte[] bytes, List<byte[]> messages, List<String> pings) {
    static Script of(String name, Random random) {
      List<byte[]> frames = new ArrayList<>();
      List<byte[]> messages = new ArrayList<>();
      List<String> pings = new ArrayList<>();
      for (int i = random.nextInt(12); i >= 0; i--) {
        byte[] message =
            (name + "-" + i + " ")
                .repeat(1 + random.nextInt(random.nextInt(10) == 0 ? 1500 : 12))
                .getBytes(StandardCharsets.US_ASCII);
        messages.add(message);
        boolean isCompressed = random.nextBoolean();
        int first = (random.nextBoolean() ? Opcode.TEXT : Opcode.BINARY);
        fragments(
            isCompressed ? Frames.deflated(message) : message,
            first | (isCompressed ? Frames.RSV1 : 0),
            name,
            random,
            frames,
            pings);
      }
      frames.add(Frames.client(Frames.FIN | Opcode.CLOSE, new byte[] {0x03, (byte) 0xE8}));
      return new Script(Frames.join(frames.toArray(byte[][]::new)), messages, pings);
    }

    private static void fragments(
        byte[] payload,
        int first,
        String name,
        Random random,
        List<byte[]> frames,
        List<String> pings) {
      int opcode = first;
      int at = 0;
      do {
        int part = Math.min(payload.length - at, random.nextInt(payload.length + 1));
        boolean isLast = at + part == payload.length;
        byte[] piece = Arrays.copyOfRange(payload, at, at + part);
        frames.add(Frames.client(isLast ? Frames.FIN | opcode : opcode, piece));
        opcode = Opcode.CONTINUATION;
        at += part;
        if (random.nextInt(4) == 0) {
          String ping = name + " ping " + pings.size();
          pings.add(ping);
          frames.add(Frames.client(Frames.FIN | Opcode.PING, ping));
        }
      } while (at < payload.length);
    }
  }
}
