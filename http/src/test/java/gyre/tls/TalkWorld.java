package gyre.tls;

import gyre.Fiber;
import gyre.Scope;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.Simulation;
import gyre.sim.WorldEngine;
import gyre.sim.fault.Faults;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.ToLongFunction;

/**
 * Clients of a server with two names, in a world of short reads, delays and, if that is asked for,
 * resets and crashes. The model: whoever reads to an end that is in order has got all that was
 * sent; nobody gets a byte that was not; each gets the certificate of the name that he has asked
 * for. In a world without breaks no talk fails, but of those who leave without a goodbye.
 *
 * <p>It is given a seed, and whether connections break; it tells how many talks went well. It is
 * loaded again for copies of the package with a bug in it, so its types are those of the JDK.
 */
public final class TalkWorld implements ToLongFunction<long[]> {
  private static final int PORT = 7443;
  private static final String[] NAMES = {"one.test", "two.test"};
  private static final Duration PATIENCE = Duration.ofHours(3);

  private final SelfSigned authority = SelfSigned.authority("World");
  private final TlsServer server =
      TlsServer.of(
          TlsServerOptions.of(authority.issueServer("zero.test"))
              .identity(authority.issueServer(NAMES[0]))
              .identity(authority.issueServer(NAMES[1]))
              .handshakeTimeout(PATIENCE)
              .tasks(TaskPlace.LOOP),
          new HandshakeGate(2));
  private final TlsClient client =
      TlsClient.of(
          TlsClientOptions.defaults()
              .trust(List.of(authority.certificate()))
              .handshakeTimeout(PATIENCE)
              .tasks(TaskPlace.LOOP));
  private long done;

  @Override
  public long applyAsLong(long[] seedAndBreaks) {
    long seed = seedAndBreaks[0];
    boolean mayBreak = seedAndBreaks[1] != 0;
    Simulation.seed(seed)
        .engine(WorldEngine.ofSeed(seed))
        .limit(Duration.ofHours(10))
        .faults(mayBreak ? Faults.all() : Faults.timing())
        .world(world -> {
          world.host("server").background(() -> serve(new Random(seed), mayBreak));
          for (int i = 0; i < 2; i++) {
            String host = "client-" + i;
            Random random = new Random(seed * 31 + i);
            world.host(host).run(() -> talk(random, mayBreak));
            world.link(host, "server").latency(Duration.ofMillis(1), Duration.ofMillis(20));
          }
        })
        .run();
    return done;
  }

  private static StreamOptions options(boolean mayBreak) {
    // Buffers of a few bytes are slower than a close would be waited for.
    StreamOptions options = StreamOptions.defaults().closeTimeout(PATIENCE);
    return mayBreak
        ? options.readTimeout(Duration.ofMinutes(2)).writeTimeout(Duration.ofMinutes(2))
        : options;
  }

  // ---- the server: gets a message, and sends one of the length that it has asked for

  private void serve(Random random, boolean mayBreak) {
    ListenOptions how = ListenOptions.defaults().stream(options(mayBreak));
    try (TcpListener listener = TcpListener.bind("0.0.0.0", PORT, how);
        Scope scope = Scope.openIsolated("talks")) {
      while (true) {
        TcpStream tcp = listener.accept();
        Fiber<?> ignored = scope.start(() -> answer(tcp, random, mayBreak));
      }
    }
  }

  private void answer(TcpStream tcp, Random random, boolean mayBreak) {
    try (TlsStream stream = server.stream(tcp)) {
      int length = readInt(stream);
      boolean isRude = readInt(stream) != 0;
      int expected = readInt(stream);
      int got = readPattern(stream, expected);
      check(got == expected, "the server got " + got + " of " + expected);
      sendPattern(stream, isRude ? length / 2 : length, random);
      stream.flush();
      if (isRude) {
        tcp.close();
      }
    } catch (IoException | IllegalStateException e) {
      check(mayBreak || !isFailure(e), "the server failed: " + e);
    }
  }

  private static boolean isFailure(RuntimeException e) {
    return e instanceof IoException;
  }

  private static int readInt(TlsStream stream) {
    check(stream.await(4), "an end within a number");
    return stream.input().readInt();
  }

  // ---- the clients

  private void talk(Random random, boolean mayBreak) {
    if (mayBreak) {
      Fiber.sleep(Duration.ofSeconds(1));
    }
    for (int i = 0; i < 3; i++) {
      boolean isRude = random.nextInt(4) == 0;
      int length = 1 + random.nextInt(random.nextInt(4) == 0 ? 200_000 : 2000);
      try {
        talk(random, length, isRude, mayBreak);
        check(!isRude, "a part was taken for the whole");
        done++;
      } catch (IoException e) {
        check(mayBreak || isRude, "a client failed: " + e);
      }
    }
  }

  private void talk(Random random, int length, boolean isRude, boolean mayBreak) {
    String name = NAMES[random.nextInt(2)];
    try (TcpStream tcp = TcpStream.connect("server", PORT, options(mayBreak));
        TlsStream stream = client.stream(tcp, name, PORT)) {
      int mine = random.nextInt(3000);
      stream.output().appendInt(length);
      stream.output().appendInt(isRude ? 1 : 0);
      stream.output().appendInt(mine);
      sendPattern(stream, mine, random);
      if (random.nextBoolean()) {
        stream.shutdownOutput();
      }
      int got = readPattern(stream, Integer.MAX_VALUE);
      check(isRude || got == length, "got " + got + " of " + length + " and an end");
      String subject =
          stream.info().peerCertificates().getFirst().getSubjectX500Principal().getName();
      check(subject.equals("CN=" + name), "asked for " + name + ", got " + subject);
    }
  }

  // ---- what is said

  private static void sendPattern(TlsStream stream, int length, Random random) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 31 + (i >> 8));
    }
    int at = 0;
    while (at < length) {
      int part = Math.min(length - at, 1 + random.nextInt(random.nextBoolean() ? 100 : 40_000));
      stream.write(bytes, at, part);
      at += part;
    }
  }

  /** How many bytes came before the end, or before there were so many. */
  private static int readPattern(TlsStream stream, int most) {
    int at = 0;
    while (at < most && stream.await(1)) {
      while (at < most && !stream.input().isEmpty()) {
        byte wrong = (byte) (stream.input().readByte() ^ (byte) (at * 31 + (at >> 8)));
        check(wrong == 0, "byte " + at + " was not sent");
        at++;
      }
    }
    return at;
  }

  private static void check(boolean isRight, String otherwise) {
    if (!isRight) {
      throw new AssertionError(otherwise);
    }
  }
}
