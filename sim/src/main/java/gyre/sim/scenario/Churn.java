package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.io.IoException;
import gyre.net.ConnectOptions;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.net.UdpSocket;
import gyre.net.UnixStream;
import gyre.sim.World;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * Opens all kinds of things and leaves them at any moment, in any way: closed, reset, cancelled,
 * forgotten. When the scope has ended nothing is left; the world looks for descriptors and memory.
 */
final class Churn extends Weathered {
  Churn() {
    super("leaks", "handles opened and left at any moment in any way: nothing is left of them");
  }

  @Override
  void build(World world, Plan plan) {
    world.host("server").background(() -> serve(plan.part("server")));
    world.host("client").run(() -> client(plan.part("client")));
    world.link("client", "server").latency(Duration.ofNanos(10_000), plan.millis(1, 5));
  }

  private static void serve(Plan plan) {
    ListenOptions options = ListenOptions.defaults().stream(Echo.options(plan));
    try (TcpListener listener = listen(PORT, options, plan)) {
      listener.serve(stream -> {
        ByteBuffer buffer = ByteBuffer.allocate(1 + plan.magnitude(4096));
        for (int left = plan.magnitude(20); left > 0 && stream.read(buffer.clear()) > 0; left--) {
          stream.write(buffer.flip());
          if (plan.oneIn(20)) {
            stream.reset();
            return;
          }
        }
      });
    }
  }

  private static void client(Plan plan) {
    for (int round = plan.between(1, 4); round > 0; round--) {
      try (Scope scope = Scope.openIsolated("round")) {
        for (int i = plan.between(1, 12); i > 0; i--) {
          Plan part = plan.part(round + "-" + i);
          scope.start("churn-" + i, () -> churn(part));
        }
        if (plan.oneIn(3)) {
          Fiber.sleep(plan.millis(0, 20));
          scope.cancel("enough");
        }
        scope.join();
      }
      checkNothingOpen("round " + round);
    }
  }

  private static void churn(Plan plan) throws Exception {
    try {
      Duration limit = plan.millis(0, plan.oneIn(2) ? 3 : 100);
      Cancellation.within(limit, () -> open(plan));
    } catch (DeadlineExceededException | IoException e) {
      // Left in the middle of something: that is what this is about.
    }
  }

  private static void open(Plan plan) {
    switch (plan.between(0, 5)) {
      case 0 -> talk(TcpStream.connect("server", PORT), plan);
      case 1 -> pair(plan);
      case 2 -> datagrams(plan);
      case 3 -> TcpStream.connect("server", PORT + 1); // nobody there
      case 4 -> {
        Loop.current().after(plan.millis(0, 50), () -> {});
        talk(TcpStream.connect("server", PORT), plan);
      }
      default -> {
        ConnectOptions options = ConnectOptions.defaults().timeout(plan.millis(1, 20));
        talk(TcpStream.connect("server", PORT, StreamOptions.defaults(), options), plan);
      }
    }
  }

  private static void talk(TcpStream stream, Plan plan) {
    byte[] bytes = new byte[plan.magnitude(60_000)];
    for (int i = plan.between(0, 5); i > 0; i--) {
      stream.write(bytes);
      if (plan.oneIn(3)) {
        if (stream.await(1)) {
          stream.input().drain(1);
        }
      }
    }
    switch (plan.between(0, 4)) {
      case 0 -> stream.close();
      case 1 -> stream.reset();
      case 2 -> stream.onData(in -> stream.close());
      case 3 -> stream.shutdownOutput();
      default -> stream.flush();
    }
  }

  private static void pair(Plan plan) {
    UnixStream.Pair pair = UnixStream.pair();
    pair.left().write(new byte[plan.magnitude(300_000)]);
    if (plan.oneIn(2)) {
      pair.right().await(1);
    }
    if (plan.oneIn(2)) {
      pair.right().close();
    }
  }

  private static void datagrams(Plan plan) {
    UdpSocket socket = UdpSocket.bind("0.0.0.0", 0);
    ByteBuffer payload = ByteBuffer.allocate(plan.magnitude(1000));
    for (int i = plan.between(0, 5); i > 0; i--) {
      socket.send(payload.clear(), socket.localAddress());
    }
    if (plan.oneIn(2)) {
      socket.close();
    }
  }

  @Override
  boolean isExpected(gyre.sim.Outcome.Report report, Plan plan) {
    return isWeather(report.failure());
  }
}
