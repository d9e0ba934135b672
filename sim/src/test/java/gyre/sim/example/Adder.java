package gyre.sim.example;

import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.ByteBuffer;

/** The naive program of docs/simulation.md. Its mistake is meant, and is what the test finds. */
final class Adder {
  private Adder() {}

  static void serve() {
    try (TcpListener listener = TcpListener.bind("0.0.0.0", 7000)) {
      listener.serve(stream -> {
        ByteBuffer request = ByteBuffer.allocate(8);
        stream.read(request);
        int sum = request.flip().getInt() + request.getInt();
        stream.write(ByteBuffer.allocate(4).putInt(sum).flip());
      });
    }
  }

  static int add(String host, int a, int b) {
    try (TcpStream stream = TcpStream.connect(host, 7000)) {
      stream.write(ByteBuffer.allocate(8).putInt(a).putInt(b).flip());
      ByteBuffer sum = ByteBuffer.allocate(4);
      stream.readFully(sum);
      return sum.flip().getInt();
    }
  }
}
