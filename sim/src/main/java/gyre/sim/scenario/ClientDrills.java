package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.ClosedException;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Scope;
import gyre.Task;
import gyre.io.Codec;
import gyre.io.IoException;
import gyre.io.MessageStream;
import gyre.io.codec.Framing;
import gyre.net.ConnectionFactory;
import gyre.net.ConnectionPool;
import gyre.net.Datagram;
import gyre.net.DnsConfig;
import gyre.net.DnsResolver;
import gyre.net.ListenOptions;
import gyre.net.PoolCounters;
import gyre.net.PoolOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.net.UdpSocket;
import gyre.sim.Host;
import gyre.sim.World;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Drills of what clients stand on: pools of connections, streams of messages, and names. */
final class ClientDrills {
  private static final Duration MILLI = Duration.ofMillis(1);

  private ClientDrills() {}

  static List<Drill> all() {
    return List.of(new PoolDrill(), new TcpPoolDrill(), new MessageDrill(), new NameDrill());
  }

  private static void check(boolean holds, String otherwise) {
    Weathered.check(holds, otherwise);
  }

  /** Who waits for one whose host has crashed waits for good, as on a real network. */
  private static void inTime(Task body) throws Exception {
    try {
      Cancellation.within(Duration.ofSeconds(10), body);
    } catch (DeadlineExceededException e) {
      Cancellation.current().check();
    }
  }

  // ---- a pool of connections that only count

  /** Each is lent to one at a time, none is closed while it is lent, and none is left open. */
  private static final class Model implements ConnectionFactory<String, Model.Fake> {
    private static final int MOST = 3;

    private final Set<Fake> open = new HashSet<>();
    private final Set<Fake> used = new HashSet<>();

    /** Known by its identity. */
    static final class Fake {
      final String target;

      Fake(String target) {
        this.target = target;
      }
    }

    @Override
    public Fake connect(String target) {
      Fiber.sleep(MILLI);
      Fake fake = new Fake(target);
      open.add(fake);
      return fake;
    }

    @Override
    public boolean isUsable(Fake fake) {
      return open.contains(fake);
    }

    @Override
    public void close(Fake fake) {
      check(!used.contains(fake), "closed while it is lent");
      check(open.remove(fake), "closed twice");
      Fiber.yield();
    }

    boolean use(String target, Fake fake) {
      check(fake.target.equals(target), "lent for " + target + ", connected to " + fake.target);
      check(open.contains(fake), "a closed connection is lent");
      check(used.add(fake), "lent to two at a time");
      check(used.size() <= MOST, used.size() + " are lent at once");
      try {
        Fiber.sleep(MILLI);
      } finally {
        used.remove(fake);
      }
      return true;
    }
  }

  private static final class PoolDrill implements Drill {
    private static final PoolOptions TIGHT =
        PoolOptions.defaults().maxPerTarget(2).maxTotal(Model.MOST).idleTimeout(MILLI);

    @Override
    public String name() {
      return "pool";
    }

    @Override
    public void build(World world) {
      Model model = new Model();
      world
          .host("host")
          .run(() -> {
            try (ConnectionPool<String, Model.Fake> pool = ConnectionPool.open(TIGHT, model)) {
              try (Scope scope = Scope.open("borrowers")) {
                for (int i = 1; i <= 4; i++) {
                  Drill.alone(scope, "borrower-" + i, () -> borrow(pool, model, "a", "b"));
                  Drill.alone(scope, "guest-" + i, () -> borrow(pool, model, "b", "c"));
                }
                scope.join();
              }
              checkIdle(pool);
              borrow(pool, model, "a");
              check(pool.drain(Duration.ofSeconds(1)), "not drained: " + pool);
            }
          });
      world.afterwards(() -> check(model.open.isEmpty(), model.open.size() + " are left open"));
    }

    private static void borrow(
        ConnectionPool<String, Model.Fake> pool, Model model, String... targets) throws Exception {
      for (String target : targets) {
        try {
          boolean isUsed = pool.use(target, fake -> model.use(target, fake));
          check(isUsed, "not used");
        } catch (IoException e) {
          // The pool's connecting was cut.
        }
      }
    }
  }

  private static void checkIdle(ConnectionPool<?, ?> pool) {
    PoolCounters counters = pool.counters();
    check(counters.lent() == 0, counters.lent() + " are lent, and nobody has one");
    check(counters.waiting() == 0, counters.waiting() + " wait, and nobody does");
  }

  // ---- a pool of TCP connections

  /** A connection whose exchange was cut is never lent again: no answer reaches another asker. */
  private static final class TcpPoolDrill implements Drill {
    @Override
    public String name() {
      return "pool-tcp";
    }

    @Override
    public void build(World world) {
      world
          .host("server")
          .background(() -> {
            try (TcpListener listener = TcpListener.bind("0.0.0.0", Weathered.PORT)) {
              listener.serve(ClientDrills::repeatLines);
            }
          });
      InetSocketAddress server =
          new InetSocketAddress(world.host("server").address(), Weathered.PORT);
      world
          .host("client")
          .run(() -> {
            Fiber.sleep(MILLI);
            PoolOptions two = PoolOptions.defaults().maxPerTarget(2);
            try (ConnectionPool<InetSocketAddress, TcpStream> pool = ConnectionPool.tcp(two)) {
              try (Scope scope = Scope.open("askers")) {
                for (int i = 1; i <= 4; i++) {
                  int key = i;
                  Drill.alone(scope, "asker-" + i, () -> ask(pool, server, key));
                }
                scope.join();
              }
              checkIdle(pool);
            }
            Weathered.checkNothingOpen("client");
          });
    }

    private static void ask(
        ConnectionPool<InetSocketAddress, TcpStream> pool, InetSocketAddress server, int key)
        throws Exception {
      for (int i = 0; i < 3; i++) {
        String question = key + "/" + i;
        try {
          inTime(() -> {
            String answer =
                pool.use(
                    server,
                    stream -> {
                      stream.write(question + "\n");
                      return stream.readLine(99);
                    });
            check(answer == null || answer.equals(question), question + " is told " + answer);
          });
        } catch (IoException | ClosedException e) {
          // The server, or the connection, was cut.
        }
      }
    }
  }

  private static void repeatLines(TcpStream stream) {
    for (String line = stream.readLine(99); line != null; line = stream.readLine(99)) {
      stream.write(line + "\n");
    }
  }

  // ---- messages

  private static final Codec<String, String> CODEC =
      Framing.lengthPrefix(2, 300).text(StandardCharsets.UTF_8);

  private static final StreamOptions SMALL =
      StreamOptions.defaults().inputLimitBytes(512).outputLimitBytes(512);

  /** A message of its number, now short, now longer than what is sent in one piece. */
  private static String message(int number) {
    return number + "x".repeat(number * 53 % 290);
  }

  /** Whoever goes on after one that was cut goes on with the next message. */
  private static final class MessageDrill implements Drill {
    private static final int MESSAGES = 12;

    @Override
    public String name() {
      return "messages";
    }

    @Override
    public void build(World world) {
      boolean[] isServerCut = {false};
      world
          .host("server")
          .background(() -> {
            ListenOptions options = ListenOptions.defaults().stream(SMALL);
            try (TcpListener listener = TcpListener.bind("0.0.0.0", Weathered.PORT, options)) {
              listener.serve(stream -> repeat(stream, isServerCut));
            } finally {
              isServerCut[0] = true;
            }
          });
      world
          .host("client")
          .run(() -> {
            inTime(() -> exchange(isServerCut));
            Weathered.checkNothingOpen("client");
          });
    }

    private static void repeat(TcpStream stream, boolean[] isCut) {
      boolean isWhole = false;
      int next = 0;
      try (MessageStream<String, String> messages = MessageStream.over(stream, CODEC)) {
        try {
          for (String message : messages) {
            check(message.equals(message(next)), "received " + message + " as number " + next);
            next++;
            messages.send(message);
          }
          messages.shutdownOutput();
          isWhole = true;
        } finally {
          isCut[0] |= !isWhole; // before the client can see it
        }
      }
    }

    private static void exchange(boolean[] isServerCut) {
      int[] sent = {0};
      int[] received = {0};
      try (MessageStream<String, String> messages =
          MessageStream.over(Weathered.connect("server", SMALL), CODEC)) {
        try (Scope scope = Scope.open("both")) {
          Fiber<?> sender = Drill.alone(scope, "sender", () -> sendAll(messages, sent));
          Fiber<?> listener = Drill.alone(scope, "listener", () -> receive(messages, received));
          scope.start(
              "successor",
              () -> {
                Fiber.await(listener.end());
                receive(messages, received);
              });
          Fiber.await(sender.end());
          sendAll(messages, sent);
          messages.shutdownOutput();
          scope.join();
        }
        receive(messages, received); // whose scope was cut
        check(received[0] == MESSAGES || isServerCut[0], received[0] + " of " + MESSAGES);
        check(isServerCut[0] || messages.receive() == null, "more than was sent");
      } catch (IoException | ClosedException e) {
        // The server, or the stream, was cut.
      }
    }

    /** A send that is cut has taken its message. */
    private static void sendAll(MessageStream<String, String> messages, int[] sent) {
      while (sent[0] < MESSAGES) {
        String next = message(sent[0]);
        sent[0]++;
        messages.send(next);
      }
      messages.flush();
    }

    private static void receive(MessageStream<String, String> messages, int[] received) {
      while (received[0] < MESSAGES) {
        String message = messages.receive();
        if (message == null) {
          return;
        }
        check(
            message.equals(message(received[0])),
            "received " + message + " as number " + received[0]);
        received[0]++;
      }
    }
  }

  // ---- names

  /** However many are cut, the others get their answer, and so does whoever asks afterwards. */
  private static final class NameDrill implements Drill {
    private static final int DNS_PORT = 53;
    private static final InetAddress FOUND = InetAddress.ofLiteral("192.0.2.7");

    @Override
    public String name() {
      return "names";
    }

    @Override
    public void build(World world) {
      Host server = world.host("server");
      server.background(() -> {
        try (UdpSocket socket = UdpSocket.bind("0.0.0.0", DNS_PORT)) {
          while (true) {
            Datagram question = socket.receive();
            byte[] bytes = new byte[question.payload().remaining()];
            question.payload().get(bytes);
            socket.send(ByteBuffer.wrap(answer(bytes)), question.address());
          }
        }
      });
      DnsConfig config =
          DnsConfig.of(new InetSocketAddress(server.address(), DNS_PORT))
              .timeout(Duration.ofMillis(100))
              .attempts(3);
      world
          .host("client")
          .run(() -> {
            Fiber.sleep(MILLI);
            try (DnsResolver names = DnsResolver.open(config)) {
              try (Scope scope = Scope.open("askers")) {
                for (int i = 1; i <= 3; i++) {
                  Drill.alone(scope, "asker-" + i, () -> ask(names, "one.test", "two.test"));
                  Drill.alone(scope, "other-" + i, () -> ask(names, "two.test", "three.test"));
                }
                scope.join();
              }
              long before = names.queries();
              ask(names, "one.test", "two.test", "three.test");
              check(names.queries() - before <= 6 * 3, "asked too often: " + names.queries());
            }
            Fiber.sleep(MILLI);
            Weathered.checkNothingOpen("client");
          });
    }

    private static void ask(DnsResolver names, String... hosts) {
      for (String host : hosts) {
        try {
          List<InetAddress> found =
              Cancellation.within(Duration.ofSeconds(10), () -> names.resolve(host));
          check(found.equals(List.of(FOUND)), host + " is said to be " + found);
        } catch (UnknownHostException e) {
          // The question, or the server, was cut.
        } catch (RuntimeException e) {
          throw e;
        } catch (Exception e) {
          throw new AssertionError("asking throws nothing else that is checked", e);
        }
      }
    }

    /** One IPv4 address of every name, for a minute, and no IPv6 address. */
    private static byte[] answer(byte[] question) {
      boolean isFour = question[question.length - 3] == 1;
      ByteBuffer out = ByteBuffer.allocate(512);
      out.put(question, 0, 2).putShort((short) 0x8180).putShort((short) 1);
      out.putShort((short) (isFour ? 1 : 0)).putShort((short) (isFour ? 0 : 1)).putShort((short) 0);
      out.put(question, 12, question.length - 12);
      if (isFour) {
        out.putShort((short) 0xC00C).putShort((short) 1).putShort((short) 1).putInt(60);
        out.putShort((short) 4).put(FOUND.getAddress());
      } else {
        out.put((byte) 0).putShort((short) 6).putShort((short) 1).putInt(60);
        out.putShort((short) 22).put(new byte[18]).putInt(30);
      }
      byte[] answer = new byte[out.flip().remaining()];
      out.get(answer);
      return answer;
    }
  }
}
