package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.ClosedException;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Scope;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.net.UdpSocket;
import gyre.sim.World;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

/** Drills of sockets. What a cut does to the other side looks to that like a network's failure. */
final class NetDrills {
  private static final StreamOptions SMALL =
      StreamOptions.defaults().inputLimitBytes(256).outputLimitBytes(256);

  private static final int BYTES = 5_000;

  private NetDrills() {}

  static List<Drill> all() {
    return List.of(new EchoDrill(), new AcceptDrill(), new BulkDrill(), new DatagramDrill());
  }

  private static void check(boolean holds, String otherwise) {
    Weathered.check(holds, otherwise);
  }

  private static TcpStream connect() {
    return Weathered.connect("server", SMALL);
  }

  private static byte at(int place, int key) {
    return (byte) (place * 31 + key);
  }

  private static ByteBuffer bytes(int from, int count, int key) {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    for (int i = from; i < from + count; i++) {
      bytes.put(at(i, key));
    }
    return bytes.flip();
  }

  /** Reads to the end, or to where it breaks, and answers how many bytes came. */
  private static int readAll(TcpStream stream, int key) {
    int count = 0;
    ByteBuffer buffer = ByteBuffer.allocate(300);
    while (stream.read(buffer.clear()) >= 0) {
      buffer.flip();
      while (buffer.hasRemaining()) {
        check(buffer.get() == at(count, key), "byte " + count + " is another one");
        count++;
      }
    }
    return count;
  }

  // ---- a server with a fiber for each connection

  private static final class EchoDrill implements Drill {
    @Override
    public String name() {
      return "echo";
    }

    @Override
    public void build(World world) {
      world
          .host("server")
          .background(() -> {
            try (TcpListener listener =
                TcpListener.bind(
                    "0.0.0.0", Weathered.PORT, ListenOptions.defaults().stream(SMALL))) {
              listener.serve(NetDrills::echo);
            }
          });
      world
          .host("client")
          .run(() -> {
            try (Scope scope = Scope.open("clients")) {
              for (int i = 1; i <= 2; i++) {
                int key = i;
                Drill.alone(scope, "client-" + i, () -> ask(key));
              }
              scope.join();
            }
            Weathered.checkNothingOpen("client");
          });
    }

    private static void ask(int key) {
      try (TcpStream stream = connect()) {
        for (int i = 0; i < 4; i++) {
          stream.write(bytes(i * 40, 40, key));
          ByteBuffer answer = ByteBuffer.allocate(40);
          stream.readFully(answer);
          check(answer.flip().equals(bytes(i * 40, 40, key)), "another answer came");
        }
        stream.shutdownOutput();
        check(stream.read(ByteBuffer.allocate(1)) < 0, "more than was asked for");
      } catch (IoException | ClosedException e) {
        // It is the server, or the stream, that was cut.
      }
    }
  }

  private static void echo(TcpStream stream) {
    ByteBuffer buffer = ByteBuffer.allocate(64);
    while (stream.read(buffer.clear()) >= 0) {
      stream.write(buffer.flip());
    }
  }

  // ---- accept in direct style

  private static final class AcceptDrill implements Drill {
    @Override
    public String name() {
      return "accept";
    }

    @Override
    public void build(World world) {
      int[] accepted = {0};
      int[] served = {0};
      world
          .host("server")
          .background(() -> {
            try (TcpListener listener =
                    TcpListener.bind("0.0.0.0", Weathered.PORT, ListenOptions.defaults());
                Scope scope = Scope.open("acceptors")) {
              for (int i = 1; i <= 2; i++) {
                Drill.alone(scope, "acceptor-" + i, () -> accept(listener, accepted));
              }
              scope.join();
            }
          });
      world
          .host("client")
          .run(() -> {
            for (int i = 0; i < 4; i++) {
              try (TcpStream stream = connect()) {
                served[0] += stream.read(ByteBuffer.allocate(1)) == 1 ? 1 : 0;
              } catch (IoException e) {
                // Nobody accepts any more.
              }
            }
          });
      world.afterwards(
          () -> check(served[0] <= accepted[0], served[0] + " served, accepted " + accepted[0]));
    }

    private static void accept(TcpListener listener, int[] accepted) {
      while (true) {
        try (TcpStream stream = listener.accept()) {
          accepted[0]++;
          stream.write(ByteBuffer.wrap(new byte[] {1}));
          stream.flush();
        } catch (IoException e) {
          // The client was cut.
        }
      }
    }
  }

  // ---- more than there is room for, in both directions

  /** What was flushed has arrived; what has not arrived is the end of what was written. */
  private static final class BulkDrill implements Drill {
    @Override
    public String name() {
      return "bulk";
    }

    @Override
    public void build(World world) {
      int[] received = {0};
      int[] closedInOrder = {0};
      world
          .host("server")
          .background(() -> {
            try (TcpListener listener =
                    TcpListener.bind(
                        "0.0.0.0", Weathered.PORT, ListenOptions.defaults().stream(SMALL));
                TcpStream stream = listener.accept()) {
              Fiber.sleep(Duration.ofMillis(1));
              received[0] = readAll(stream, 7);
              check(
                  received[0] == BYTES || closedInOrder[0] == 0,
                  received[0] + " of " + BYTES + " bytes, and then an orderly end");
            } catch (IoException e) {
              // The client was cut.
            }
          });
      world
          .host("client")
          .run(() -> {
            try (Scope scope = Scope.open("all")) {
              Drill.alone(scope, "writer", () -> write(closedInOrder));
              scope.join();
            }
            Weathered.checkNothingOpen("client");
          });
    }

    private static void write(int[] closedInOrder) {
      try (TcpStream stream = connect()) {
        try {
          for (int i = 0; i < BYTES; i += 500) {
            stream.write(bytes(i, 500, 7));
          }
          stream.flush();
          closedInOrder[0] = 1;
        } catch (CancelledException e) {
          stream.reset();
          throw e;
        }
        stream.shutdownOutput();
        check(stream.read(ByteBuffer.allocate(1)) < 0, "nobody has sent anything");
      } catch (IoException | ClosedException e) {
        // The server, or the stream, was cut.
      }
    }
  }

  // ---- datagrams

  private static final class DatagramDrill implements Drill {
    @Override
    public String name() {
      return "datagrams";
    }

    @Override
    public void build(World world) {
      world
          .host("server")
          .background(() -> {
            try (UdpSocket socket = UdpSocket.bind("0.0.0.0", Weathered.PORT)) {
              ByteBuffer buffer = ByteBuffer.allocate(100);
              while (true) {
                InetSocketAddress source = socket.receive(buffer.clear());
                socket.send(buffer.flip(), source);
              }
            }
          });
      InetSocketAddress server =
          new InetSocketAddress(world.host("server").address(), Weathered.PORT);
      world
          .host("client")
          .run(() -> {
            try (Scope scope = Scope.open("clients")) {
              for (int i = 1; i <= 2; i++) {
                int key = i;
                Drill.alone(scope, "client-" + i, () -> ask(server, key));
              }
              scope.join();
            }
            Weathered.checkNothingOpen("client");
          });
    }

    private static void ask(InetSocketAddress server, int key) throws Exception {
      Fiber.sleep(Duration.ofMillis(1));
      try (UdpSocket socket = UdpSocket.bind("0.0.0.0", 0)) {
        for (int i = 0; i < 4; i++) {
          socket.send(bytes(i, 50, key), server);
          ByteBuffer answer = ByteBuffer.allocate(100);
          try {
            Cancellation.within(Duration.ofSeconds(1), () -> socket.receive(answer));
          } catch (DeadlineExceededException e) {
            continue; // lost, or the server was cut
          }
          checkAsked(answer.flip(), i, key);
        }
      } catch (IoException | ClosedException e) {
        // Nobody is there, or the socket was cut.
      }
    }

    /** An answer may come late, when the wait for it was cut. */
    private static void checkAsked(ByteBuffer answer, int last, int key) {
      boolean isKnown = false;
      for (int i = 0; i <= last; i++) {
        isKnown |= answer.equals(bytes(i, 50, key));
      }
      check(isKnown, "another answer came");
    }
  }
}
