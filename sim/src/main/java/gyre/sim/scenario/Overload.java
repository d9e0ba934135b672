package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.io.OutputFullException;
import gyre.net.ListenOptions;
import gyre.net.MemoryCounters;
import gyre.net.MemoryLevel;
import gyre.net.SocketStream;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.net.UdpSocket;
import gyre.sim.World;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A server with hardly any memory, and peers that hold as much of it as they can. Whatever they do,
 * an honest client is served within a bound and never reset, and when they have gone all is as
 * before. That what was promised fits into the limit is looked at by the engine, turn by turn.
 */
final class Overload extends Weathered {
  static final int FRAMES = PORT;
  static final int ECHO = PORT + 1;
  static final int BLAST = PORT + 2;
  static final int PROXY = PORT + 3;

  private static final int PIECE_BYTES = 16 * 1024;
  private static final int PIECES = 24;

  /** Blocks in which an engine receives may stay. */
  private static final long ENGINE_BYTES = 96 * 1024;

  Overload() {
    super("overload", "hardly any memory, and peers that hold it: honest clients are served");
  }

  /** Buffers of a byte would make an honest client as slow as one that stands still. */
  @Override
  Faults faults(Plan plan) {
    return plan.faults().without(Fault.SMALL_BUFFERS);
  }

  @Override
  void build(World world, Plan plan) {
    Storm storm = new Storm(world, plan);
    world
        .host("server")
        .receiveRing(plan.oneIn(2))
        .poolLimitBytes(storm.poolBytes)
        .run(() -> serve(storm, plan.part("server")));
    world.host("sink").background(() -> OverloadPeers.sink(plan.part("sink")));
    world.host("peers").run(() -> OverloadPeers.run(storm, plan.part("peers")));
    world.host("client").run(() -> honest(storm, plan.part("honest")));
    for (String other : new String[] {"sink", "peers", "client"}) {
      world.link(other, "server").latency(Duration.ofNanos(10_000), plan.millis(1, 3));
    }
  }

  /** What all parts of a world know. */
  static final class Storm {
    final World world;
    final boolean isRough;
    final int poolBytes;
    final int frameBytes;
    boolean isOver;
    boolean haveGone;

    Storm(World world, Plan plan) {
      this.world = world;
      this.isRough = plan.isRough();
      this.poolBytes = plan.between(64, 128) * 64 * 1024;
      this.frameBytes = plan.between(5_000, poolBytes / 10);
    }

    /**
     * While even the first KiB has to wait: those who had their turn, and stand still, are reset
     * when their time is over, and those who get theirs then, and stand still too, once more.
     */
    Duration longestShortage() {
      return Duration.ofSeconds(10 + 2 * (10 + frameBytes / (16 * 1024)));
    }

    void awaitEnd() {
      while (!isOver) {
        Fiber.sleep(Duration.ofMillis(500));
      }
    }
  }

  // ---- the server

  private static void serve(Storm storm, Plan plan) {
    try (Scope scope = Scope.openIsolated("servers")) {
      scope.start("frames", () -> frames(storm, plan.part("frames")));
      scope.start("echo", () -> echo(plan.part("echo")));
      scope.start("blast", () -> blast(plan.part("blast")));
      scope.start("proxy", () -> proxy(plan.part("proxy")));
      scope.start("datagrams", () -> datagrams(plan.part("datagrams")));
      while (!storm.haveGone) {
        Fiber.sleep(Duration.ofMillis(500));
      }
      if (!storm.isRough) {
        awaitCalm();
      }
      scope.cancel("the storm is over");
    }
    MemoryCounters end = MemoryCounters.of(Loop.current());
    check(end.waiting() == 0 && end.promised() == 0, "somebody still waits for memory: " + end);
    check(end.used() <= ENGINE_BYTES, "memory is still in use: " + end);
  }

  private static void awaitCalm() {
    for (int tries = 0; tries < 60; tries++) {
      if (MemoryCounters.of(Loop.current()).level() == MemoryLevel.CALM) {
        return;
      }
      Fiber.sleep(Duration.ofSeconds(1));
    }
    check(false, "not calm a minute after all have gone: " + MemoryCounters.of(Loop.current()));
  }

  private static void frames(Storm storm, Plan plan) {
    StreamOptions options = StreamOptions.defaults().inputLimitBytes(storm.frameBytes);
    options = options.sparse(plan.oneIn(4));
    boolean isPush = plan.oneIn(2);
    try (TcpListener listener = listen(FRAMES, ListenOptions.defaults().stream(options), plan)) {
      if (isPush) {
        listener.onConnection(stream -> stream.onData(in -> pushed(stream, in, storm)));
        Fiber.sleep(Duration.ofDays(1));
      }
      listener.serve(stream -> {
        for (boolean mayBreakOff = true; await(stream, storm, mayBreakOff, plan); ) {
          mayBreakOff = false;
          stream.input().drain(storm.frameBytes);
          stream.write(new byte[] {1});
        }
      });
    }
  }

  private static void pushed(SocketStream stream, ByteQueue in, Storm storm) {
    while (in.size() >= storm.frameBytes) {
      in.drain(storm.frameBytes);
      stream.write(new byte[] {1});
    }
  }

  /** Now and then a wait is cancelled at any moment, and begins again. */
  private static boolean await(TcpStream stream, Storm storm, boolean mayBreakOff, Plan plan)
      throws Exception {
    if (mayBreakOff && plan.oneIn(6)) {
      try {
        return Cancellation.within(plan.millis(1, 5_000), () -> stream.await(storm.frameBytes));
      } catch (DeadlineExceededException e) {
        // Once more, at the end of the line.
      }
    }
    return stream.await(storm.frameBytes);
  }

  private static void echo(Plan plan) {
    try (TcpListener listener = listen(ECHO, ListenOptions.defaults(), plan)) {
      if (plan.oneIn(2)) {
        listener.onConnection(stream -> stream.onData(stream::write));
        Fiber.sleep(Duration.ofDays(1));
      }
      listener.serve(stream -> {
        while (stream.await(1)) {
          stream.write(stream.input());
        }
      });
    }
  }

  /** Sends much to everybody who connects. */
  private static void blast(Plan plan) {
    try (TcpListener listener = listen(BLAST, ListenOptions.defaults(), plan)) {
      if (plan.oneIn(2)) {
        listener.onConnection(stream -> stream.onData(new Blast(stream)));
        Fiber.sleep(Duration.ofDays(1));
      }
      listener.serve(stream -> {
        for (int i = 0; stream.await(1) && i < PIECES; i++) {
          stream.write(new byte[PIECE_BYTES]);
        }
      });
    }
  }

  private static final class Blast implements DataHandler {
    private final TcpStream stream;
    private int left = PIECES;

    Blast(TcpStream stream) {
      this.stream = stream;
    }

    @Override
    public void onData(ByteQueue in) {
      in.clear();
      onDrained(stream);
    }

    @Override
    public void onDrained(ByteStream drained) {
      try {
        for (; left > 0; left--) {
          stream.write(new byte[PIECE_BYTES]);
        }
      } catch (OutputFullException e) {
        check(!stream.isWritable(), "refused, and yet writable: " + e);
      }
    }
  }

  private static void proxy(Plan plan) {
    boolean isPush = plan.oneIn(2);
    try (TcpListener listener = listen(PROXY, ListenOptions.defaults(), plan)) {
      listener.serve(stream -> {
        try (TcpStream sink = connect("sink", StreamOptions.defaults())) {
          if (isPush) {
            relay(stream, sink);
          } else {
            while (stream.await(1)) {
              sink.write(stream.input());
            }
          }
          sink.flush();
          sink.shutdownOutput();
        }
      });
    }
  }

  private static void relay(TcpStream from, TcpStream sink) {
    Fiber<?> waiter = Fiber.current();
    boolean[] over = {false};
    from.onData(
        new DataHandler() {
          @Override
          public void onData(ByteQueue in) {
            if (sink.isOpen()) { // else the server is ending
              sink.write(in);
            }
          }

          @Override
          public void onEnd(ByteStream ended) {
            over();
          }

          @Override
          public void onFailure(ByteStream broken, IoException failure) {
            sink.reset();
            over();
          }

          private void over() {
            over[0] = true;
            waiter.unpark();
          }
        });
    while (!over[0]) {
      Fiber.park();
    }
  }

  /** Takes them more slowly than they come. */
  private static void datagrams(Plan plan) {
    try (UdpSocket socket = UdpSocket.bind("0.0.0.0", PORT)) {
      ByteBuffer buffer = ByteBuffer.allocate(2048);
      while (true) {
        socket.receive(buffer.clear());
        Fiber.sleep(plan.millis(1, 10));
      }
    } catch (IoException e) {
      check(plan.isRough(), "no datagrams: " + e);
    }
  }

  // ---- honest clients

  private static void honest(Storm storm, Plan plan) {
    Fiber.sleep(plan.millis(100, 5_000));
    try (Scope scope = Scope.open("honest")) {
      scope.start(
          "small",
          () -> {
            for (int i = plan.between(2, 6); i > 0; i--) {
              small(storm, plan);
              Fiber.sleep(plan.millis(0, 3_000));
            }
          });
      if (plan.oneIn(2)) {
        Plan own = plan.part("large");
        scope.start("large", () -> large(storm, own));
      }
      scope.join();
    } finally {
      storm.isOver = true;
    }
    checkNothingOpen("honest");
  }

  /** A little of memory is everybody's. */
  private static void small(Storm storm, Plan plan) throws Exception {
    byte[] message = new byte[plan.between(1, 500)];
    within(
        storm,
        storm.longestShortage(),
        "an echo of " + message.length + " bytes",
        () -> {
          try (TcpStream stream = OverloadPeers.connectTo(ECHO)) {
            stream.write(message);
            check(stream.await(message.length), "an echo has ended early");
            stream.input().clear();
          }
        });
  }

  /** Much of it has to be waited for, but whoever got a turn and gets on keeps it. */
  private static void large(Storm storm, Plan plan) throws Exception {
    Duration longest =
        Duration.ofSeconds(60L + 15L * OverloadPeers.MOST * 2 * storm.frameBytes / storm.poolBytes);
    within(
        storm,
        longest,
        "a frame of " + storm.frameBytes + " bytes",
        () -> {
          try (TcpStream stream = OverloadPeers.connectTo(FRAMES)) {
            for (int left = storm.frameBytes; left > 0; ) {
              int length = Math.min(left, plan.between(2_000, 8_000));
              stream.write(new byte[length]);
              left -= length;
              Fiber.sleep(plan.millis(1, 60));
            }
            check(stream.await(1), "a frame has no answer");
          }
        });
  }

  private static void within(Storm storm, Duration longest, String what, gyre.Task work)
      throws Exception {
    Duration begun = storm.world.elapsed();
    try {
      Cancellation.within(longest, work);
    } catch (DeadlineExceededException | IoException e) {
      check(
          storm.isRough,
          what + " failed after " + storm.world.elapsed().minus(begun).toSeconds() + " s: " + e);
    }
  }
}
