package gyre.sim.scenario;

import gyre.Fiber;
import gyre.Scope;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.SocketStream;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.World;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One writer and many readers, which are written to in the same turn: what the kernel takes of so
 * many sends, and what it refuses, belongs to the right one.
 */
final class FanOut extends Weathered {
  private static final int MOST_READERS = 24;
  private static final int MOST_ROUNDS = 12;
  private static final int ROUND_BYTES = 8 * 1024;
  private static final int FIRST_ROUND_AFTER_MILLIS = 100;

  /** The writer waits for no reader. */
  private static final int OUTPUT_LIMIT_BYTES = 2 * MOST_ROUNDS * ROUND_BYTES;

  FanOut() {
    super("fan-out", "one writer, many readers in one turn: each gets all that was sent to it");
  }

  @Override
  void build(World world, Plan plan) {
    Ledger flows = new Ledger();
    world.host("writer").background(() -> serve(flows, plan.part("writer")));
    world
        .host("reader")
        .run(() -> {
          try (Scope scope = Scope.open("readers")) {
            for (int i = plan.between(2, MOST_READERS); i > 0; i--) {
              Plan part = plan.part("reader-" + i);
              scope.start("reader-" + i, () -> read(flows, part));
            }
            scope.join();
          }
          checkNothingOpen("reader");
        });
    world.link("reader", "writer").latency(Duration.ofNanos(10_000), plan.millis(1, 5));
    world.afterwards(flows::checkOver);
  }

  private record Reader(SocketStream stream, Flow flow) {}

  private static void serve(Ledger flows, Plan plan) {
    List<Reader> readers = new ArrayList<>();
    Fiber<?> speaker = Fiber.start("speaker", () -> speak(readers, plan.part("speaker")));
    StreamOptions options = Echo.options(plan).outputLimitBytes(OUTPUT_LIMIT_BYTES);
    try (TcpListener listener = listen(PORT, ListenOptions.defaults().stream(options), plan)) {
      listener.serve(stream -> {
        InetSocketAddress client = stream.remoteAddress();
        try {
          Flow flow = flows.await(client);
          readers.add(new Reader(stream, flow));
          speaker.join();
          flow.finished();
        } catch (IoException | IllegalStateException e) {
          flows.broke(client);
          throw e;
        }
      });
    }
  }

  /** Whoever has come is written to; whose connection is gone is told by its own fiber. */
  private static void speak(List<Reader> readers, Plan plan) {
    Fiber.sleep(Duration.ofMillis(FIRST_ROUND_AFTER_MILLIS));
    for (int round = plan.between(1, MOST_ROUNDS); round > 0; round--) {
      for (Reader reader : List.copyOf(readers)) {
        try {
          reader.flow.send(reader.stream, plan.magnitude(ROUND_BYTES), plan);
        } catch (IoException | IllegalStateException e) {
          reader.flow.broke();
          readers.remove(reader);
        }
      }
      Fiber.sleep(plan.millis(0, 10));
    }
  }

  private static void read(Ledger flows, Plan plan) {
    Flow flow = new Flow("flow of " + Fiber.current().name(), plan.key());
    StreamOptions options = Echo.options(plan);
    if (plan.isRough()) {
      options = options.idleTimeout(Duration.ofSeconds(60)); // the other end may be gone for good
    }
    try (TcpStream stream = connect("writer", options)) {
      stream.rename(Fiber.current().name());
      flows.add(stream.localAddress(), flow);
      while (stream.await(1)) {
        flow.receive(stream.input());
        if (plan.oneIn(4)) {
          Fiber.sleep(plan.millis(0, 50));
        }
      }
      flow.receive(stream.input());
      flow.ended();
    } catch (IoException e) {
      flow.broke();
      if (!plan.isRough()) {
        throw e;
      }
    }
  }
}
