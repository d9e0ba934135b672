package gyre.sim.scenario;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import gyre.engine.Errno;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.net.UdpSocket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;

/** The peers of {@link Overload}: each kind holds the server's memory in a way of its own. */
final class OverloadPeers {
  /** Of all kinds together, three at most. */
  static final int MOST = 60;

  private static final int PROXIED_BYTES = 300_000;

  private enum Kind {
    /** Most of a frame, and then nothing. */
    GREEDY,
    /** A part of it. */
    SILENT,
    /** A byte now and then. */
    TRICKLING,
    /** Most of a frame, and then a reset at any moment. */
    RESETTING,
    /** Asks for much, and takes hardly any of it. */
    SLOW_READER,
    /** Echoes, as fast as they come. */
    FAST_ECHO,
    /** Sends through the server to somebody who takes nothing for long. */
    PROXIED,
    /** Frames, again and again. */
    HONEST_FRAMES,
    /** Datagrams that nobody takes in time. */
    DATAGRAMS,
    /** Connected, and that is all. */
    IDLE,
    /** A few bytes of something that does not go on. */
    HALF_HEADER
  }

  private OverloadPeers() {}

  static void run(Overload.Storm storm, Plan plan) {
    try (Scope scope = Scope.openIsolated("peers")) {
      for (int kinds = plan.between(1, 3); kinds > 0; kinds--) {
        Kind kind = plan.oneOf(Kind.values());
        for (int i = plan.between(5, kind == Kind.PROXIED ? 8 : MOST / 3); i > 0; i--) {
          String name = kind + "-" + kinds + "-" + i;
          Plan own = plan.part(name);
          scope.start(name, () -> peer(kind, storm, own));
        }
      }
      storm.awaitEnd();
      if (storm.isRough || plan.oneIn(2)) { // an end or a reset may be lost for good
        scope.cancel("the storm is over");
      }
      scope.join();
    } finally {
      storm.haveGone = true;
    }
  }

  private static void peer(Kind kind, Overload.Storm storm, Plan plan) {
    Fiber.sleep(plan.millis(0, plan.oneIn(2) ? 10 : 4_000));
    try {
      if (kind == Kind.DATAGRAMS) {
        datagrams(storm, plan);
        return;
      }
      try (TcpStream stream = connectTo(port(kind, plan))) {
        try {
          act(kind, stream, storm, plan);
        } finally {
          if (stream.isOpen() && (plan.oneIn(2) || kind == Kind.RESETTING)) {
            stream.reset();
          }
        }
      }
    } catch (IoException | CancelledException e) {
      Weathered.check(
          kind != Kind.FAST_ECHO || storm.isRough || e instanceof CancelledException,
          "a fast echo was harmed: " + e);
    }
  }

  private static int port(Kind kind, Plan plan) {
    return switch (kind) {
      case SLOW_READER -> Overload.BLAST;
      case FAST_ECHO -> Overload.ECHO;
      case PROXIED -> Overload.PROXY;
      case IDLE -> plan.oneOf(Overload.FRAMES, Overload.ECHO, Overload.BLAST);
      default -> Overload.FRAMES;
    };
  }

  private static void act(Kind kind, TcpStream stream, Overload.Storm storm, Plan plan) {
    switch (kind) {
      case GREEDY -> {
        stream.write(new byte[storm.frameBytes - plan.between(1, 1_000)]);
        storm.awaitEnd();
      }
      case SILENT -> {
        stream.write(new byte[plan.between(1, storm.frameBytes - 1)]);
        storm.awaitEnd();
      }
      case HALF_HEADER -> {
        stream.write(new byte[Math.min(storm.frameBytes - 1, plan.between(1, 300))]);
        storm.awaitEnd();
      }
      case RESETTING -> {
        stream.write(new byte[storm.frameBytes - plan.between(1, 1_000)]);
        Fiber.sleep(plan.millis(0, plan.oneIn(2) ? 20 : 15_000));
      }
      case TRICKLING -> {
        while (!storm.isOver) {
          stream.write(new byte[1]);
          Fiber.sleep(Duration.ofSeconds(1));
        }
      }
      case SLOW_READER -> slowly(stream, storm);
      case FAST_ECHO -> echoes(stream, storm, plan);
      case PROXIED -> proxied(stream);
      case HONEST_FRAMES -> {
        for (int left = 5; left > 0 && !storm.isOver; left--) {
          stream.write(new byte[storm.frameBytes]);
          Weathered.check(stream.await(1) || storm.isOver, "no answer to a frame");
          stream.input().clear();
          Fiber.sleep(plan.millis(100, 1_000));
        }
      }
      case IDLE, DATAGRAMS -> storm.awaitEnd();
    }
  }

  /** Each byte asks for a piece more. */
  private static void slowly(TcpStream stream, Overload.Storm storm) {
    stream.write(new byte[50]);
    while (!storm.isOver && stream.await(1)) {
      stream.input().drain(1);
      Fiber.sleep(Duration.ofSeconds(1));
    }
  }

  private static void echoes(TcpStream stream, Overload.Storm storm, Plan plan) {
    int length = plan.between(100, 1_000);
    for (int left = 50; left > 0 && !storm.isOver; left--) {
      stream.write(new byte[length]);
      Weathered.check(stream.await(length), "a fast echo has ended");
      stream.input().drain(length);
      Fiber.sleep(plan.millis(50, 500));
    }
  }

  private static void proxied(TcpStream stream) {
    byte[] piece = new byte[10_000];
    for (int sent = 0; sent < PROXIED_BYTES; sent += piece.length) {
      for (int i = 0; i < piece.length; i++) {
        piece[i] = (byte) ((31 * (sent + i)) >> 3);
      }
      stream.write(piece);
    }
    stream.flush();
    stream.shutdownOutput();
    stream.await(1);
  }

  private static void datagrams(Overload.Storm storm, Plan plan) {
    InetSocketAddress target = new InetSocketAddress(storm.world.host("server").address(), 7000);
    try (UdpSocket socket = UdpSocket.bind("0.0.0.0", 0)) {
      for (int left = 200; left > 0 && !storm.isOver; left--) {
        socket.send(ByteBuffer.allocate(plan.between(1, 1_400)), target);
        if (plan.oneIn(30)) {
          Fiber.sleep(plan.millis(1, 100));
        }
      }
    }
  }

  /** Takes nothing for long, and then all. What ends in order is whole and in order. */
  static void sink(Plan plan) {
    try (TcpListener listener = Weathered.listen(Weathered.PORT, ListenOptions.defaults(), plan)) {
      listener.serve(stream -> {
        Fiber.sleep(plan.millis(0, plan.oneIn(2) ? 100 : 20_000));
        int at = 0;
        while (stream.await(1)) {
          for (; !stream.input().isEmpty(); at++) {
            byte expected = (byte) ((31 * at) >> 3);
            Weathered.check(stream.input().readByte() == expected, "wrong byte at " + at);
          }
        }
      });
    }
  }

  static TcpStream connectTo(int port) {
    for (int tries = 1; ; tries++) {
      try {
        return TcpStream.connect("server", port, StreamOptions.defaults());
      } catch (IoException e) {
        if (e.errno() != Errno.ECONNREFUSED.number() || tries == 100) {
          throw e;
        }
        Fiber.sleep(Duration.ofMillis(20));
      }
    }
  }
}
