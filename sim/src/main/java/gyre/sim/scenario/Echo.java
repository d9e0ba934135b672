package gyre.sim.scenario;

import gyre.Fiber;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.World;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;

/** Clients send, a server sends it back: what comes back is what went out. */
final class Echo extends Weathered {
  Echo() {
    super("echo", "connections of many shapes to a server that sends back what it gets");
  }

  @Override
  void build(World world, Plan plan) {
    Ledger flows = new Ledger();
    world.host("server").background(() -> serve(flows, plan.part("server")));
    for (int i = plan.between(1, 3); i > 0; i--) {
      String name = "client-" + i;
      Plan own = plan.part(name);
      world.host(name).run(() -> client(name, flows, own));
      world.link(name, "server").latency(Duration.ofNanos(10_000), own.millis(1, 20));
    }
    world.afterwards(() -> flows.checkOver());
  }

  // ---- the server

  static StreamOptions options(Plan plan) {
    StreamOptions options = StreamOptions.defaults();
    if (plan.oneIn(3)) {
      options = options.inputLimitBytes(plan.magnitude(1 << 16));
    }
    if (plan.oneIn(3)) {
      options = options.outputLimitBytes(plan.magnitude(1 << 16));
    }
    if (plan.isRough()) {
      options = options.readTimeout(Duration.ofSeconds(60)).writeTimeout(Duration.ofSeconds(60));
    }
    return options
        .sparse(plan.oneIn(2))
        .closeTimeout(plan.isRough() ? Duration.ofMinutes(5) : Duration.ofHours(5));
  }

  private static void serve(Ledger flows, Plan plan) {
    ListenOptions options = ListenOptions.defaults().stream(options(plan));
    if (plan.oneIn(3)) {
      options = options.maxConnections(plan.between(1, 4));
    }
    try (TcpListener listener = listen(PORT, options, plan)) {
      switch (plan.between(0, 2)) {
        case 0 -> listener.serve(stream -> echo(stream, flows, plan));
        case 1 -> {
          listener.onConnection(stream -> push(stream, flows, plan));
          Fiber.sleep(Duration.ofDays(1));
        }
        default -> acceptEach(listener, flows, plan);
      }
    }
  }

  private static void acceptEach(TcpListener listener, Ledger flows, Plan plan) {
    try (Scope scope = Scope.openIsolated("connections")) {
      while (true) {
        TcpStream stream = listener.accept();
        scope.start(
            "connection of " + stream.name(),
            () -> {
              try (stream) {
                echo(stream, flows, plan);
              }
            });
      }
    }
  }

  static void echo(TcpStream stream, Ledger flows, Plan plan) {
    InetSocketAddress client = stream.remoteAddress();
    // Not by allocateDirect: worlds on other threads would make the fiber wait for their lock.
    try (Arena arena = Arena.ofConfined()) {
      ByteBuffer buffer = arena.allocate(plan.magnitude(8192)).asByteBuffer();
      while (stream.read(buffer.clear()) >= 0) {
        stream.write(buffer.flip());
      }
    } catch (RuntimeException e) {
      flows.broke(client);
      throw e;
    }
  }

  private static void push(TcpStream stream, Ledger flows, Plan plan) {
    InetSocketAddress client = stream.remoteAddress();
    boolean isWhole = plan.oneIn(2);
    ByteBuffer buffer = ByteBuffer.allocate(plan.magnitude(8192));
    stream.onData(
        new DataHandler() {
          @Override
          public void onData(ByteQueue in) {
            if (isWhole) {
              stream.write(in);
            }
            while (!in.isEmpty() && stream.isWritable()) {
              in.read(buffer.clear());
              stream.write(buffer.flip());
            }
          }

          @Override
          public void onFailure(ByteStream broken, IoException failure) {
            flows.broke(client);
          }
        });
  }

  // ---- the clients

  static void client(String name, Ledger flows, Plan plan) {
    try (Scope scope = Scope.open(name)) {
      for (int i = plan.between(1, 6); i > 0; i--) {
        String own = name + "-" + i;
        Plan part = plan.part(own);
        scope.start(
            own,
            () -> {
              Fiber.sleep(part.millis(0, 50));
              talk(own, flows, part);
            });
      }
      scope.join();
    }
    checkNothingOpen(name);
  }

  private static void talk(String name, Ledger flows, Plan plan) {
    Flow flow = new Flow(name, plan.key());
    try (TcpStream stream = connect("server", options(plan))) {
      stream.rename(name);
      flows.add(stream.localAddress(), flow);
      converse(stream, flow, plan);
    } catch (IoException e) {
      flow.broke();
      if (!plan.isRough()) {
        throw e;
      }
    }
  }

  private static void converse(TcpStream stream, Flow flow, Plan plan) {
    long bytes = plan.magnitude(plan.oneIn(4) ? 1 << 18 : 1 << 13);
    if (plan.oneIn(2)) {
      if (inTurns(stream, flow, plan.between(1, 30), plan)) {
        flow.finished();
        stream.shutdownOutput();
        receiveRest(stream, flow, plan);
      }
    } else {
      try (Scope scope = Scope.open("both ways")) {
        scope.start(
            "writer of " + stream.name(),
            () -> {
              flow.send(stream, bytes, plan.part("writer"));
              flow.finished();
              stream.shutdownOutput();
            });
        scope.start(
            "reader of " + stream.name(), () -> receiveRest(stream, flow, plan.part("reader")));
        scope.join();
      }
    }
  }

  /** Answers false if the stream has ended before. */
  private static boolean inTurns(TcpStream stream, Flow flow, int messages, Plan plan) {
    for (int i = 0; i < messages; i++) {
      int bytes = plan.magnitude(2000);
      boolean isRoomy = plan.isRough() || plan.isCalm();
      boolean goesOn =
          isRoomy ? turn(stream, flow, bytes, plan) : turnBothWays(stream, flow, bytes, plan);
      if (!goesOn) {
        flow.ended();
        return false;
      }
    }
    return true;
  }

  private static boolean turn(TcpStream stream, Flow flow, int bytes, Plan plan) {
    long end = flow.received() + bytes;
    flow.send(stream, bytes, plan);
    return receiveUpTo(end, stream, flow);
  }

  /**
   * Where buffers may be smaller than a message, a client has to read while it writes: else it
   * waits for the server, which waits for it. Rough worlds have limits of time for that.
   */
  private static boolean turnBothWays(TcpStream stream, Flow flow, int bytes, Plan plan) {
    long end = flow.received() + bytes;
    try (Scope scope = Scope.open("a turn")) {
      scope.start("writer of " + stream.name(), () -> flow.send(stream, bytes, plan));
      return receiveUpTo(end, stream, flow);
    }
  }

  private static boolean receiveUpTo(long end, TcpStream stream, Flow flow) {
    while (flow.received() < end) {
      if (!stream.await(1)) {
        return false;
      }
      flow.receive(stream.input());
    }
    return true;
  }

  /** Until the end. */
  static void receiveRest(TcpStream stream, Flow flow, Plan plan) {
    boolean byQueue = plan.oneIn(2);
    ByteBuffer buffer = ByteBuffer.allocate(plan.magnitude(8192));
    while (true) {
      if (byQueue ? !stream.await(1) : stream.read(buffer.clear()) < 0) {
        break;
      }
      if (byQueue) {
        flow.receive(stream.input());
      } else {
        flow.receive(buffer.flip());
      }
    }
    flow.ended();
  }
}
