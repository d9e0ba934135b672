package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.net.UdpSocket;
import gyre.net.UnixStream;
import gyre.sim.World;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;

/**
 * More operations of all kinds begin in one turn than an engine takes at once, and most of them are
 * given up before it has taken them, in the turn in which others begin in their place. What is kept
 * is not disturbed by that: each stream passes on its own bytes, in order and to the end.
 */
final class ShortLived extends Weathered {
  private static final int MOST_IN_A_TURN = 80;
  private static final int MOST_KEPT = 8;
  private static final int KEPT_BYTES = 4096;

  /** Nobody reads what is given up: so none of these writes waits. */
  private static final StreamOptions ROOMY = StreamOptions.defaults().outputLimitBytes(1 << 20);

  ShortLived() {
    super("short-lived", "operations of all kinds, given up at once: what is kept goes on");
  }

  @Override
  void build(World world, Plan plan) {
    world.host("server").background(() -> serve(plan.part("server")));
    world.host("busy").run(() -> run(plan.part("busy")));
  }

  /** Somebody to connect to; says nothing. */
  private static void serve(Plan plan) {
    try (TcpListener listener = listen(PORT, ListenOptions.defaults(), plan)) {
      listener.serve(stream -> {
        if (stream.await(1)) {
          stream.input().clear();
        }
      });
    }
  }

  private record Kept(UnixStream.Pair pair, Flow flow, Fiber<?> reader) {}

  private static void run(Plan plan) throws Exception {
    ArrayDeque<Kept> kept = new ArrayDeque<>();
    for (int turn = plan.between(2, 12); turn > 0; turn--) {
      for (int i = plan.between(0, 3); i > 0; i--) {
        keep(kept, plan);
      }
      try (Scope scope = Scope.openIsolated("turn")) {
        for (int i = plan.between(1, MOST_IN_A_TURN); i > 0; i--) {
          begin(scope, kept, plan);
        }
        if (plan.oneIn(2)) {
          Fiber.yield();
        }
        scope.cancel("enough");
      }
      while (kept.size() > (turn == 1 ? 0 : MOST_KEPT)) {
        end(kept.remove(), plan);
      }
      if (plan.oneIn(3)) {
        Fiber.sleep(plan.millis(0, 3));
      }
    }
    checkNothingOpen("busy");
  }

  /** One more, most of which end with the scope. */
  private static void begin(Scope scope, ArrayDeque<Kept> kept, Plan plan) {
    Plan part = plan.part(Long.toString(plan.key()));
    switch (plan.between(0, 6)) {
      case 0 -> scope.start("connect", () -> leave(() -> connectAndWait(part)));
      case 1 -> scope.start("ask", () -> leave(() -> askNobody(part)));
      case 2 -> scope.start("read", () -> leave(() -> readAndWait(part)));
      case 3 -> leave(() -> datagrams(part));
      case 4 -> leave(() -> pair(part));
      case 5 -> scope.start("pair", () -> leave(() -> pair(part)));
      default -> {
        if (!kept.isEmpty()) {
          write(kept.getLast(), part);
        }
      }
    }
  }

  private interface Step {
    void run() throws Exception;
  }

  /** Left in the middle of something: that is what this is about. */
  private static void leave(Step step) {
    try {
      step.run();
    } catch (IoException _) {
      // the other end has gone, or the kernel is in need
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void connectAndWait(Plan plan) throws Exception {
    try {
      Cancellation.within(
          plan.millis(0, 2),
          () -> {
            try (TcpStream stream = TcpStream.connect("server", PORT)) {
              return stream.await(1);
            }
          });
    } catch (DeadlineExceededException _) {
      // nobody says anything here
    }
  }

  /** Receives of datagrams. */
  private static void askNobody(Plan plan) {
    try (UdpSocket socket = UdpSocket.bind("127.0.0.1", 0)) {
      ByteBuffer payload = ByteBuffer.allocate(plan.magnitude(200));
      if (plan.oneIn(2)) {
        socket.send(payload.clear(), socket.localAddress());
      }
      for (int i = plan.between(1, 2); i > 0; i--) {
        InetSocketAddress ignored = socket.receive(payload.clear());
      }
    }
  }

  /** Receives from streams. */
  private static void readAndWait(Plan plan) {
    UnixStream.Pair pair = UnixStream.pair(ROOMY);
    try (UnixStream left = pair.left();
        UnixStream right = pair.right()) {
      if (plan.oneIn(2)) {
        left.write(new byte[plan.magnitude(2000)]);
      }
      boolean ignored = right.await(plan.magnitude(4000));
    }
  }

  /** Sends of datagrams. */
  private static void datagrams(Plan plan) {
    try (UdpSocket socket = UdpSocket.bind("127.0.0.1", 0)) {
      if (plan.oneIn(2)) {
        socket.onDatagram((payload, source) -> {});
      }
      ByteBuffer payload = ByteBuffer.allocate(plan.magnitude(200));
      for (int i = plan.between(0, 8); i > 0; i--) {
        socket.send(payload.clear(), socket.localAddress());
      }
    }
  }

  private static void pair(Plan plan) {
    UnixStream.Pair pair = UnixStream.pair(ROOMY);
    if (plan.oneIn(2)) {
      pair.left().onData(ByteQueue::clear);
      pair.right().onData(ByteQueue::clear);
    }
    pair.left().write(new byte[plan.magnitude(20_000)]);
    pair.right().write(new byte[plan.magnitude(100)]);
    if (plan.oneIn(4)) {
      Fiber.yield();
    }
    if (plan.oneIn(2)) {
      pair.left().reset();
      pair.right().reset();
    } else {
      pair.left().close();
      pair.right().close();
    }
  }

  // ---- what is kept

  private static void keep(ArrayDeque<Kept> kept, Plan plan) {
    try {
      StreamOptions options = ROOMY;
      if (plan.isRough()) {
        options = options.idleTimeout(Duration.ofSeconds(60)); // of the other end's reset, if lost
      }
      UnixStream.Pair pair = UnixStream.pair(options);
      Flow flow = new Flow("flow of " + pair.left().name(), plan.key());
      Fiber<?> reader = Fiber.start("reader", () -> read(pair.right(), flow, plan.isRough()));
      Kept one = new Kept(pair, flow, reader);
      kept.add(one);
      write(one, plan);
    } catch (IoException e) {
      check(plan.isRough(), "a pair failed: " + e);
    }
  }

  private static void write(Kept kept, Plan plan) {
    try {
      kept.flow.send(kept.pair.left(), plan.magnitude(KEPT_BYTES), plan);
    } catch (IoException | IllegalStateException e) {
      kept.flow.broke();
      check(plan.isRough(), kept.flow + " broke: " + e);
    }
  }

  private static void read(UnixStream stream, Flow flow, boolean isRough) {
    try (stream) {
      while (stream.await(1)) {
        flow.receive(stream.input());
      }
      flow.receive(stream.input());
      flow.ended();
    } catch (IoException e) {
      flow.broke();
      check(isRough, flow + " broke: " + e);
    }
  }

  private static void end(Kept kept, Plan plan) throws Exception {
    try (UnixStream left = kept.pair.left()) {
      left.flush(); // or nobody would be told of a send that failed
      kept.flow.finished();
      left.shutdownOutput();
      kept.reader.join();
    } catch (IoException | IllegalStateException e) {
      kept.flow.broke();
      check(plan.isRough(), kept.flow + " broke: " + e);
    }
    kept.reader.join();
    kept.flow.checkOver();
  }

  @Override
  boolean isExpected(gyre.sim.Outcome.Report report, Plan plan) {
    return isWeather(report.failure());
  }
}
