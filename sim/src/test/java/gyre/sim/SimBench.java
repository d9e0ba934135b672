package gyre.sim;

import gyre.Fiber;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.ByteBuffer;
import java.time.Duration;

/** How fast worlds run: a program to measure with, and no test. */
class SimBench {
  private static final int MESSAGES = 1_000_000;
  private static final int CONNECTIONS = 50;

  private SimBench() {}

  public static void main(String[] args) {
    for (int round = 0; round < 5; round++) {
      long start = System.nanoTime();
      Outcome echo = Simulation.seed(1).world(SimBench::echo).run();
      long middle = System.nanoTime();
      Outcome idle = Simulation.seed(1).world(SimBench::idle).run();
      long end = System.nanoTime();
      System.out.printf(
          "%,.0f messages/s, %,d events, %,d turns; %s idle in %,d ms%n",
          MESSAGES * 1e9 / (middle - start),
          echo.events(),
          echo.turns(),
          idle.elapsed(),
          (end - middle) / 1_000_000);
    }
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
