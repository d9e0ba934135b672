package gyre.sim.scenario;

import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.io.IoException;
import gyre.net.ConnectOptions;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.Host;
import gyre.sim.World;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Connects that are refused, never answered or won by one of several addresses. */
final class ConnectFailures extends Weathered {
  private static final int ADDRESSES = 4;

  ConnectFailures() {
    super("connect", "connects that are refused, unanswered, cut off, or race over addresses");
  }

  @Override
  void build(World world, Plan plan) {
    Host server = world.host("server");
    for (int i = 1; i <= ADDRESSES; i++) {
      server.address("10.1.0." + i);
    }
    int heard = plan.oneIn(3) ? 0 : plan.between(1, ADDRESSES);
    server.background(() -> serve(heard, plan.part("server")));
    Duration tick = Duration.ofNanos(1L << plan.between(10, 22));
    world
        .host("client")
        .options(options -> options.tick(tick))
        .run(() -> {
          try (Scope scope = Scope.open("client")) {
            for (int i = plan.between(1, 8); i > 0; i--) {
              Plan part = plan.part("client-" + i);
              scope.start("client-" + i, () -> client(part));
            }
            scope.join();
          }
          checkNothingOpen("client");
        });
    Duration least = Duration.ofNanos(10_000);
    Duration most = plan.oneIn(2) ? least : plan.millis(1, 400); // all the same, or not at all
    world.link("client", "server").latency(least, most);
  }

  /** A loop that is held up finds several answers in one turn. */
  @Override
  Faults faults(Plan plan) {
    Faults faults = plan.faults();
    return faults.has(Fault.STALL) ? faults.with(Fault.STALL, 0.05) : faults;
  }

  /** Listens at one of the addresses, or at all. */
  private static void serve(int heard, Plan plan) {
    String address = heard == 0 ? "0.0.0.0" : "10.1.0." + heard;
    TcpListener bound = null;
    while (bound == null) {
      try {
        bound = TcpListener.bind(address, PORT, ListenOptions.defaults().backlog(16));
      } catch (IoException e) {
        check(plan.isRough(), "cannot listen: " + e);
        Fiber.sleep(Duration.ofMillis(10));
      }
    }
    try (TcpListener listener = bound) {
      listener.serve(stream -> stream.await(1));
    }
  }

  /** Short enough that several answers come at once, or long. */
  private static Duration attemptDelay(Plan plan) {
    return plan.oneIn(2) ? Duration.ofNanos(plan.magnitude(1 << 14)) : plan.millis(1, 500);
  }

  private static void client(Plan plan) {
    Fiber.sleep(Duration.ofMillis(300));
    for (int i = plan.between(1, 5); i > 0; i--) {
      Duration limit = plan.millis(20, 20_000);
      ConnectOptions options =
          ConnectOptions.defaults().timeout(limit).attemptDelay(attemptDelay(plan));
      boolean isNobody = plan.oneIn(3);
      long before = Loop.current().nanoTime();
      try (TcpStream stream =
          isNobody
              ? TcpStream.connect(
                  new InetSocketAddress("10.1.0.1", PORT + 1), StreamOptions.defaults(), options)
              : TcpStream.connect("server", PORT, StreamOptions.defaults(), options)) {
        check(!isNobody, stream.name() + " is connected to where nobody listens");
        if (plan.oneIn(2)) {
          stream.shutdownOutput();
        }
      } catch (IoException e) {
        long passed = Loop.current().nanoTime() - before;
        check(
            passed < limit.plusSeconds(20).toNanos(),
            Fiber.current().name() + ": gave up after " + passed + " ns, its limit is " + limit);
      }
    }
  }
}
