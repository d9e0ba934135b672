package gyre.sim.scenario;

import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.SocketStream;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.World;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * Readers that are slow, pause and resume: no queue grows beyond its limit, and nothing is lost.
 */
final class Backpressure extends Weathered {
  /** What an engine may deliver in a turn beyond the limit, before its receive is paused. */
  private static final int TURN_BYTES = 512 * 1024;

  private static final int CHUNK_BYTES = 16 * 1024;

  Backpressure() {
    super("backpressure", "slow readers: queues keep to their limits, and all arrives in the end");
  }

  @Override
  void build(World world, Plan plan) {
    Ledger flows = new Ledger();
    int limit = plan.magnitude(1 << 17);
    world.host("writer").background(() -> serve(flows, limit, plan.part("writer")));
    world
        .host("reader")
        .run(() -> {
          try (Scope scope = Scope.open("readers")) {
            for (int i = plan.between(1, 4); i > 0; i--) {
              Plan part = plan.part("reader-" + i);
              scope.start("reader-" + i, () -> read(flows, part));
            }
            scope.join();
          }
          checkNothingOpen("reader");
        });
    world.link("reader", "writer").latency(Duration.ofNanos(10_000), plan.millis(1, 10));
    world.afterwards(flows::checkOver);
  }

  private static void serve(Ledger flows, int limit, Plan plan) {
    StreamOptions options = Echo.options(plan).outputLimitBytes(limit);
    try (TcpListener listener = listen(PORT, ListenOptions.defaults().stream(options), plan)) {
      listener.serve(stream -> {
        InetSocketAddress client = stream.remoteAddress();
        try {
          Flow flow = flows.await(client);
          write(flow, stream, limit, plan);
          flow.finished();
        } catch (IoException | IllegalStateException e) {
          flows.broke(client);
          throw e;
        }
      });
    }
  }

  private static void write(Flow flow, SocketStream stream, int limit, Plan plan) {
    long left = plan.magnitude(400_000);
    while (left > 0) {
      int length = (int) Math.min(left, plan.magnitude(CHUNK_BYTES));
      flow.send(stream, length, plan);
      left -= length;
      long pending = stream.pendingOutputBytes();
      check(
          pending <= limit + CHUNK_BYTES,
          stream.name() + " has " + pending + " bytes to send, and its limit is " + limit);
    }
  }

  private static void read(Ledger flows, Plan plan) {
    int limit = plan.magnitude(1 << 16);
    Flow flow = new Flow("flow of " + Fiber.current().name(), plan.key());
    StreamOptions options = Echo.options(plan).inputLimitBytes(limit);
    if (plan.isRough()) {
      options = options.idleTimeout(Duration.ofSeconds(60)); // the other end may be gone for good
    }
    try (TcpStream stream = connect("writer", options)) {
      stream.rename(Fiber.current().name());
      flows.add(stream.localAddress(), flow);
      if (plan.oneIn(2)) {
        slowly(stream, flow, limit, plan);
      } else {
        pushed(stream, flow, plan);
      }
    } catch (IoException e) {
      flow.broke();
      if (!plan.isRough()) {
        throw e;
      }
    }
  }

  private static void slowly(TcpStream stream, Flow flow, int limit, Plan plan) {
    while (stream.await(plan.between(1, Math.min(limit, 100)))) {
      long waiting = stream.input().size();
      check(
          waiting <= limit + TURN_BYTES,
          stream.name() + " holds " + waiting + " bytes, and its limit is " + limit);
      flow.receive(stream.input());
      if (plan.oneIn(4)) {
        Fiber.sleep(plan.millis(0, 20));
      }
    }
    flow.receive(stream.input());
    flow.ended();
  }

  private static void pushed(TcpStream stream, Flow flow, Plan plan) {
    Fiber<?> waiter = Fiber.current();
    boolean[] over = {false};
    stream.onData(
        new DataHandler() {
          @Override
          public void onData(ByteQueue in) {
            flow.receive(in);
            if (plan.oneIn(4)) {
              stream.pauseInput();
              Loop.current()
                  .after(
                      plan.millis(0, 20),
                      () -> {
                        if (stream.isOpen()) {
                          stream.resumeInput();
                        }
                      });
            }
          }

          @Override
          public void onEnd(ByteStream ended) {
            flow.ended();
            over();
          }

          @Override
          public void onFailure(ByteStream broken, IoException failure) {
            flow.broke();
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
}
