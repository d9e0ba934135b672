package gyre.sim;

import gyre.Fiber;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * How fast worlds run, in messages for each second of processor time: a program to measure with,
 * and no test. Takes the names of engines.
 */
class SimBench {
  private static final int MESSAGES = 1_000_000;
  private static final int CONNECTIONS = 50;

  private SimBench() {}

  public static void main(String[] args) {
    for (String engine : args.length == 0 ? new String[] {"sim", "epoll", "io_uring"} : args) {
      for (int round = 0; round < 3; round++) {
        measure(WorldEngine.of(engine));
      }
    }
  }

  private static void measure(WorldEngine engine) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long start = threads.getCurrentThreadCpuTime();
    Outcome echo = Simulation.seed(1).engine(engine).world(SimBench::echo).run();
    long middle = threads.getCurrentThreadCpuTime();
    Outcome idle = Simulation.seed(1).engine(engine).world(SimBench::idle).run();
    long end = threads.getCurrentThreadCpuTime();
    System.out.printf(
        "%s: %,.0f messages/s, %,d events, %,d turns; %s idle in %,d ms%n",
        engine,
        MESSAGES * 1e9 / (middle - start),
        echo.events(),
        echo.turns(),
        idle.elapsed(),
        (end - middle) / 1_000_000);
  }

  private static void echo(World world) {
    world
        .host("server")
        .background(() -> {
          try (TcpListener listener = TcpListener.bind("0.0.0.0", 7000)) {
            listener.serve(stream -> {
              ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
              while (stream.read(buffer.clear()) >= 0) {
                stream.write(buffer.flip());
              }
            });
          }
        });
    world
        .host("client")
        .run(() -> {
          for (int i = 0; i < CONNECTIONS; i++) {
            Fiber.start(SimBench::talk);
          }
        });
  }

  private static void talk() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(64);
    try (TcpStream stream = TcpStream.connect("server", 7000)) {
      for (int i = 0; i < MESSAGES / CONNECTIONS; i++) {
        stream.write(buffer.clear());
        stream.readFully(buffer.clear());
      }
    }
  }

  private static void idle(World world) {
    world.host("one").run(() -> Fiber.sleep(Duration.ofHours(1)));
    world
        .host("two")
        .run(() -> {
          for (int i = 0; i < 3600; i++) {
            Fiber.sleep(Duration.ofSeconds(1));
          }
        });
  }
}
