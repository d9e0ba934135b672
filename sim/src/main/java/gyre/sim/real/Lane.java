package gyre.sim.real;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.SocketListener;
import gyre.net.SocketStream;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.net.UnixListener;
import gyre.net.UnixStream;
import gyre.sim.real.Plan.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/** Connections one after the other, so that each takes the descriptors of its predecessors. */
final class Lane {
  private static final AtomicLong LANES = new AtomicLong();

  /** Where all of 127.0.0.0/8 is this machine. */
  private static final boolean HAS_MANY_ADDRESSES =
      System.getProperty("os.name", "").equals("Linux");

  private final Run run;
  private final Plan plan;
  private final List<Connection> connections;
  private final CompletableFuture<Integer> port = new CompletableFuture<>();
  private final Path path;

  /** Ports rest for a minute after use, and a long run needs more than one address has. */
  private final String host;

  Lane(Run run, Plan plan) {
    this.run = run;
    this.plan = plan;
    boolean cannotReset =
        switch (plan.transport()) {
          case TCP, URGENT, UDP -> false;
          case UNIX, UNIX_PAIR, DESCRIPTORS, HOARDING -> true;
        };
    this.connections =
        plan.connections().stream().map(pair -> run.connect(pair, cannotReset)).toList();
    long number = LANES.incrementAndGet();
    this.host =
        HAS_MANY_ADDRESSES ? "127.0." + number % 250 + "." + (1 + number / 250 % 250) : "127.0.0.1";
    // Copies of this class, as those with planted bugs, count for themselves.
    String copy = Integer.toHexString(System.identityHashCode(Lane.class));
    String name = "gyre-" + ProcessHandle.current().pid() + "-" + copy + "-" + number;
    this.path = Path.of(System.getProperty("java.io.tmpdir", "/tmp"), name);
  }

  /** Starts what belongs to this loop. */
  void start(int loop) {
    if (plan.transport() == Transport.UNIX_PAIR || plan.transport() == Transport.UDP) {
      if (plan.leftLoop() == loop) {
        start("pairs", 2, plan.transport() == Transport.UDP ? this::datagrams : this::pairs);
      }
      return;
    }
    if (plan.rightLoop() == loop) {
      start("right", 1, this::serve);
    }
    if (plan.leftLoop() == loop) {
      start("left", 1, this::connect);
    }
  }

  private void start(String side, int sides, Work work) {
    Fiber<?> ignored =
        Fiber.start(
            "lane " + plan.lane() + " " + side,
            () -> {
              try {
                if (plan.cancelMicros() > 0) {
                  cancelled(work);
                } else {
                  run.awaitHoarders(plan);
                  work.run();
                }
              } catch (Throwable e) {
                run.failed("lane " + plan.lane() + " " + side, e);
                port.complete(-1);
              } finally {
                run.sidesDone(plan, sides);
              }
            });
  }

  private interface Work {
    void run() throws Exception;
  }

  /** Both sides of a lane are cancelled at about the same time, wherever they are. */
  private void cancelled(Work work) {
    try (Scope scope = Scope.open("cancelled lane")) {
      scope.start("work", work::run);
      Fiber.sleep(Duration.ofNanos(plan.cancelMicros() * 1_000L));
      for (Connection connection : connections) {
        connection.breakSoon();
        connection.flow(false).endsSoon();
        connection.flow(true).endsSoon();
      }
      scope.cancel("as planned");
    } catch (CancelledException e) {
      // As planned.
    } finally {
      port.complete(-1);
    }
  }

  private void datagrams() throws Exception {
    for (int i = 0; i < connections.size(); i++) {
      new DatagramPair(run, connections.get(i), plan.connections().get(i)).play(host);
    }
  }

  private void pairs() {
    for (int i = 0; i < connections.size(); i++) {
      Plan.Pair pair = plan.connections().get(i);
      try (Scope scope = Scope.open("pair " + pair.number())) {
        UnixStream.Pair two = UnixStream.pair(pair.left().options());
        Connection connection = connections.get(i);
        Fiber<?> left = scope.start("left", () -> play(connection, pair.left(), two.left(), false));
        play(connection, pair.right(), two.right(), true);
        Object ignored = left.join();
      }
    }
  }

  private void serve() {
    ListenOptions options =
        ListenOptions.defaults().stream(plan.connections().getFirst().right().options());
    try (SocketListener<?> listener = listen(options)) {
      for (int i = 0; i < connections.size(); i++) {
        try (Scope scope = Scope.open("right end")) {
          assert scope == Scope.current();
          play(connections.get(i), plan.connections().get(i).right(), listener.accept(), true);
        }
      }
    }
  }

  private SocketListener<?> listen(ListenOptions options) {
    if (plan.transport() == Transport.UNIX || plan.transport() == Transport.DESCRIPTORS) {
      UnixListener listener = UnixListener.bind(path, options);
      port.complete(0);
      return listener;
    }
    TcpListener listener = TcpListener.bind(host, 0, options);
    port.complete(listener.port());
    return listener;
  }

  private void connect() {
    await(port);
    if (port.join() < 0) {
      return; // the other side has been cancelled or has failed
    }
    if (plan.transport() == Transport.URGENT || plan.transport() == Transport.DESCRIPTORS) {
      outsider();
      return;
    }
    for (int i = 0; i < connections.size(); i++) {
      try (Scope scope = Scope.open("left end")) {
        assert scope == Scope.current();
        Plan.End end = plan.connections().get(i).left();
        SocketStream stream;
        try {
          stream =
              plan.transport() == Transport.UNIX
                  ? UnixStream.connect(path, end.options())
                  : TcpStream.connect(host, port.join(), end.options());
        } catch (IoException e) {
          if (connections.get(i).mayBreak()) {
            continue; // accepted, and reset at once
          }
          throw e;
        }
        play(connections.get(i), end, stream, false);
      }
    }
  }

  private void outsider() {
    Outsider.Connecting connecting =
        plan.transport() == Transport.URGENT
            ? () -> new Outsider.Urgent(host, port.join())
            : () -> new Outsider.Passing(path);
    await(
        Outsider.play(
            run,
            connections.getFirst(),
            plan.connections().getFirst().left().writes(),
            connecting));
  }

  private void play(Connection connection, Plan.End end, SocketStream stream, boolean isRight) {
    if (plan.transport() == Transport.HOARDING) {
      if (isRight) {
        Hoarding.right(stream);
      } else {
        Hoarding.left(connection, stream, run.othersDone());
      }
      return;
    }
    new Party(run, connection, end, stream, isRight).play();
  }

  /** Waits for what another loop does. */
  static void await(CompletableFuture<?> future) {
    Fiber<?> caller = Fiber.current();
    var ignored = future.whenComplete((_, _) -> caller.unpark());
    while (!future.isDone()) {
      Fiber.park();
    }
  }
}
