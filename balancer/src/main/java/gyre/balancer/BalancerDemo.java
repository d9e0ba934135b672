package gyre.balancer;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.io.IoException;
import gyre.net.ServerOptions;
import gyre.net.TcpServer;
import gyre.net.TcpStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Three targets, a load and a balancer on the loops of a group: to see what it does without setting
 * anything up. One of the targets goes away now and then, and comes back.
 */
public final class BalancerDemo {
  private static final int TARGETS = 3;
  private static final int CLIENTS = 8;
  private static final Duration AWAY = Duration.ofSeconds(12);

  private final LoopGroup group;
  private final List<TcpServer> targets = new ArrayList<>();
  private final Balancer balancer;

  private BalancerDemo(LoopGroup group, InetSocketAddress web, Consumer<String> told) {
    this.group = group;
    List<TargetConfig> configs = new ArrayList<>();
    for (int i = 0; i < TARGETS; i++) {
      targets.add(target(localPort(0)));
      configs.add(TargetConfig.of(targets.get(i).address()).name(String.valueOf((char) ('a' + i))));
    }
    PoolConfig pool =
        PoolConfig.of("demo", configs)
            .health(HealthConfig.of(new HealthConfig.Check.Tcp()).interval(Duration.ofSeconds(1)))
            .outlier(OutlierConfig.defaults())
            .slowStart(Duration.ofSeconds(5));
    this.balancer =
        Balancer.open(
            group,
            BalancerConfig.of(List.of(ListenConfig.of("demo", localPort(0), "demo")), List.of(pool))
                .web(web)
                .stopTimeout(Duration.ofMillis(200)),
            new Events(event -> told.accept(event.toString())));
  }

  /**
   * Starts all of it; it ends with the group.
   *
   * @param web where the page is; port 0 lets the system choose
   * @param told gets what changes, as it does, on whatever thread; it does not come into the log
   */
  public static BalancerDemo start(LoopGroup group, InetSocketAddress web, Consumer<String> told) {
    BalancerDemo demo = new BalancerDemo(group, web, told);
    demo.onFirstLoop("flapping", demo::flap);
    for (int i = 0; i < CLIENTS; i++) {
      demo.onFirstLoop("client-" + i, demo::talk);
    }
    return demo;
  }

  public Balancer balancer() {
    return balancer;
  }

  private void onFirstLoop(String name, gyre.Task body) {
    Loop loop = group.loop(0);
    loop.post(() -> {
      Fiber<?> ignored = loop.start(name, body);
    });
  }

  private static InetSocketAddress localPort(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /** Sends back what it gets. */
  private TcpServer target(InetSocketAddress where) {
    return TcpServer.serve(
        group,
        where,
        ServerOptions.defaults(),
        stream -> {
          long bytes = stream.transferTo(stream);
          assert bytes >= 0;
        });
  }

  private static boolean isStopping() {
    return Loop.current().stopping().isReady();
  }

  private void flap() {
    while (!isStopping()) {
      Fiber.sleep(AWAY);
      InetSocketAddress where = targets.getLast().address();
      targets.getLast().close(Duration.ZERO);
      Fiber.sleep(AWAY);
      targets.set(TARGETS - 1, target(where));
    }
  }

  /** Connects, talks a little, and leaves, again and again. */
  private void talk() {
    InetSocketAddress where = balancer.addresses().get("demo");
    byte[] bytes = new byte[2000];
    while (where != null && !isStopping()) {
      try (TcpStream stream = TcpStream.connect(where)) {
        for (int i = Loop.current().random().nextInt(20); i >= 0; i--) {
          stream.write(bytes);
          int got = stream.readExactly(bytes.length).length;
          assert got == bytes.length;
          Fiber.sleep(Duration.ofMillis(Loop.current().random().nextInt(100)));
        }
      } catch (IoException e) {
        // The target that went away had it.
      }
      Fiber.sleep(Duration.ofMillis(Loop.current().random().nextInt(200)));
    }
  }
}
