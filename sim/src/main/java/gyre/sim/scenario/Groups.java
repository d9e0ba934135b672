package gyre.sim.scenario;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.ShutdownOptions;
import gyre.io.IoException;
import gyre.net.ConnectionHandler;
import gyre.net.Distribution;
import gyre.net.ListenOptions;
import gyre.net.ServerOptions;
import gyre.net.TcpServer;
import gyre.net.TcpStream;
import gyre.sim.Host;
import gyre.sim.World;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * A server on several loops, which hand connections to each other, and which may end under load.
 */
final class Groups extends Weathered {
  private static final int TRIES = 100;

  /** Three of them are taken, and one or more by listeners. */
  private static final int FEW_DESCRIPTORS = 7;

  /** Handlers, on whatever loop. */
  private static final class Census {
    private int begun;
    private int ended;

    void begin(long limit) {
      begun++;
      check(begun - ended <= limit, begun - ended + " connections where " + limit + " may be");
    }

    void checkOver(String when) {
      check(begun == ended, when + " " + begun + " handlers had begun, and " + ended + " ended");
    }
  }

  Groups() {
    super("group", "a server on several loops: no connection is lost between them or when it ends");
  }

  @Override
  void build(World world, Plan plan) {
    Ledger flows = new Ledger();
    Census census = new Census();
    boolean endsEarly = plan.oneIn(2);
    Host server = world.host("server");
    if (plan.isRough() && plan.oneIn(3)) {
      server.descriptors(FEW_DESCRIPTORS);
    }
    server.background(() -> serve(flows, census, endsEarly, plan.part("server")));
    for (int i = plan.between(1, 3); i > 0; i--) {
      String name = "client-" + i;
      Plan own = plan.part(name);
      if (endsEarly) {
        world.host(name).run(() -> Stopping.client(own));
      } else {
        world.host(name).run(() -> Echo.client(name, flows, own));
      }
    }
    world.afterwards(() -> {
      flows.checkOver();
      census.checkOver("at the end");
    });
  }

  private static void serve(Ledger flows, Census census, boolean endsEarly, Plan plan) {
    LoopOptions loops = LoopOptions.defaults().name("worker");
    if (plan.oneIn(3)) {
      loops = loops.inboxLimit(plan.between(2, 3)); // so that one may have no room for a connection
    }
    try (LoopGroup group = LoopGroup.open(plan.between(1, 4), loops)) {
      if (endsEarly && plan.oneIn(2)) {
        live(group, flows, census, plan.millis(0, 20), () -> {}, plan);
      }
      Duration life = endsEarly ? plan.millis(0, 400) : Duration.ofDays(1);
      live(group, flows, census, life, () -> end(group, plan), plan);
    }
  }

  /** From opening a server until it is closed. */
  private static void live(
      LoopGroup group, Ledger flows, Census census, Duration life, Runnable end, Plan plan) {
    ListenOptions options = ListenOptions.defaults().stream(Echo.options(plan));
    if (plan.oneIn(3)) {
      options = options.maxConnections(plan.between(1, 4));
    }
    Distribution distribution = plan.oneOf(Distribution.values());
    int listeners = distribution == Distribution.SOCKET_PER_LOOP ? group.size() : 1;
    long limit = (long) options.maxConnections() * listeners;
    ConnectionHandler<TcpStream> handler =
        stream -> {
          census.begin(limit);
          try {
            Echo.echo(stream, flows, plan);
          } finally {
            census.ended++;
          }
        };
    TcpServer server = open(group, distribution, options, handler, plan);
    try (server) {
      Fiber.sleep(life);
      end.run();
      if (plan.oneIn(2)) {
        Fiber.sleep(plan.millis(0, 100)); // whoever comes now finds loops that have ended
      }
    } finally {
      census.checkOver("when the server was closed");
      check(
          server.connections().stream().allMatch(count -> count == 0),
          "connections of a server that is closed: " + server.connections());
    }
  }

  /** Listens as soon as the kernel lets it. */
  private static TcpServer open(
      LoopGroup group,
      Distribution distribution,
      ListenOptions options,
      ConnectionHandler<TcpStream> handler,
      Plan plan) {
    InetSocketAddress where = new InetSocketAddress("0.0.0.0", PORT);
    for (int tries = 1; ; tries++) {
      try {
        return TcpServer.serve(
            group,
            where,
            ServerOptions.defaults().distribution(distribution).listen(options),
            handler);
      } catch (IoException e) {
        if (!plan.isRough() || tries == TRIES) {
          throw e;
        }
        Fiber.sleep(Duration.ofMillis(10));
      }
    }
  }

  /** By its server alone, or with its loops: in order or at once, all or just one. */
  private static void end(LoopGroup group, Plan plan) {
    switch (plan.between(0, 3)) {
      case 0 -> {}
      case 1 -> group.shutdown(inOrder(plan));
      case 2 -> group.forceShutdown();
      default -> endOne(group.loop(plan.between(0, group.size() - 1)), plan);
    }
  }

  private static void endOne(Loop loop, Plan plan) {
    if (plan.oneIn(2)) {
      loop.shutdown(inOrder(plan));
    } else {
      loop.forceShutdown();
    }
  }

  private static ShutdownOptions inOrder(Plan plan) {
    return ShutdownOptions.defaults().drain(plan.millis(0, 3_000)).cancel(plan.millis(100, 3_000));
  }
}
