package gyre.sim;

import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.nio.ByteBuffer;

/** Programs with the mistakes that tests look for. */
final class Naive {
  private Naive() {}

  /** Gives up when a connect is refused once. */
  static Simulation givesUp(long seed) {
    return givesUp(Simulation.seed(seed));
  }

  static Simulation givesUp(Simulation simulation) {
    return simulation
        .faults(Faults.timing().with(Fault.REFUSED_CONNECT, 0.02))
        .world(world -> {
          world.host("server").background(Naive::serve);
          world
              .host("client")
              .run(() -> {
                for (int i = 0; i < 10; i++) {
                  request(i);
                }
              });
        });
  }

  private static void serve() {
    try (TcpListener listener = TcpListener.bind("0.0.0.0", 7000)) {
      listener.serve(stream -> {
        ByteBuffer request = ByteBuffer.allocate(8);
        stream.readFully(request);
        stream.write(request.flip());
      });
    }
  }

  private static void request(long number) {
    try (TcpStream stream = TcpStream.connect("server", 7000)) {
      stream.write(ByteBuffer.allocate(8).putLong(number).flip());
      stream.readFully(ByteBuffer.allocate(8));
    }
  }

  /** Talks to itself. */
  static void echo(int messages) {
    try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
        TcpStream there = TcpStream.connect("127.0.0.1", listener.port());
        TcpStream here = listener.accept()) {
      for (int i = 0; i < messages; i++) {
        there.write(ByteBuffer.allocate(8).putLong(i).flip());
        here.readFully(ByteBuffer.allocate(8));
      }
    }
  }
}
