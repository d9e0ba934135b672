package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.io.IoException;
import gyre.net.UdpSocket;
import gyre.sim.World;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.SplittableRandom;

/** Datagrams to a server that answers: what arrives is what was sent, as a whole. */
final class Datagrams extends Weathered {
  Datagrams() {
    super("datagrams", "questions and answers by UDP: whole ones or none, from whom they say");
  }

  @Override
  void build(World world, Plan plan) {
    world.host("server").background(() -> serve(plan.part("server")));
    InetAddress server = world.host("server").address();
    for (int i = plan.between(1, 3); i > 0; i--) {
      Plan part = plan.part("client-" + i);
      world.host("client-" + i).run(() -> client(server, part));
    }
  }

  private static UdpSocket bind(int port, Plan plan) {
    while (true) {
      try {
        return UdpSocket.bind("0.0.0.0", port);
      } catch (IoException e) {
        check(plan.isRough(), "cannot bind: " + e);
        Fiber.sleep(Duration.ofMillis(10));
      }
    }
  }

  private static void serve(Plan plan) {
    try (UdpSocket socket = bind(PORT, plan)) {
      if (plan.oneIn(2)) {
        socket.onDatagram((payload, source) -> socket.send(payload, source));
        Fiber.sleep(Duration.ofDays(1));
      }
      ByteBuffer buffer = ByteBuffer.allocate(2048);
      while (true) {
        try {
          InetSocketAddress source = socket.receive(buffer.clear());
          socket.send(buffer.flip(), source);
        } catch (IoException e) {
          check(plan.isRough(), "a datagram could not be answered: " + e);
        }
      }
    }
  }

  /** A number, and bytes that follow from it. */
  private static byte[] payload(int number, int length) {
    byte[] bytes = new byte[4 + length];
    new SplittableRandom(number).nextBytes(bytes);
    ByteBuffer.wrap(bytes).putInt(number);
    return bytes;
  }

  private static void client(InetAddress server, Plan plan) throws Exception {
    InetSocketAddress target = new InetSocketAddress(server, PORT);
    Fiber.sleep(Duration.ofMillis(50));
    try (UdpSocket socket = bind(0, plan)) {
      int answered = 0;
      int asked = plan.between(1, 100);
      for (int i = 0; i < asked; i++) {
        int length = 4 * i % 1200;
        try {
          socket.send(ByteBuffer.wrap(payload(i, length)), target);
          if (Cancellation.within(Duration.ofSeconds(1), () -> isAnswered(socket, target))) {
            answered++;
          }
        } catch (DeadlineExceededException | IoException e) {
          check(plan.isRough() || e instanceof DeadlineExceededException, "lost: " + e);
        }
      }
      check(answered > 0 || plan.isRough(), socket.name() + " got no answer to " + asked);
    }
    checkNothingOpen("client");
  }

  private static boolean isAnswered(UdpSocket socket, InetSocketAddress target) {
    ByteBuffer buffer = ByteBuffer.allocate(2048);
    InetSocketAddress source = socket.receive(buffer);
    check(source.equals(target), socket.name() + " got something from " + source);
    buffer.flip();
    int number = buffer.getInt(0);
    byte[] expected = payload(number, buffer.remaining() - 4);
    check(
        buffer.remaining() == 4 + 4 * number % 1200 && buffer.equals(ByteBuffer.wrap(expected)),
        socket.name() + " got datagram " + number + " changed");
    return true;
  }
}
