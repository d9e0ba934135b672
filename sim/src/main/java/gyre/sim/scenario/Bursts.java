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

/**
 * Many datagrams at once, each by the hand of its own sender: none reaches another, or carries
 * another's bytes.
 */
final class Bursts extends Weathered {
  private static final int HEAD_BYTES = 8;
  private static final int LENGTH_LIMIT = 600;

  Bursts() {
    super("bursts", "many datagrams in one turn: each as it was sent, to whom it was sent");
  }

  @Override
  void build(World world, Plan plan) {
    world.host("server").background(() -> serve(plan.part("server")));
    InetAddress server = world.host("server").address();
    for (int host = plan.between(1, 2); host > 0; host--) {
      Plan part = plan.part("clients-" + host);
      int clients = part.between(2, 5);
      int firstKey = 1000 * host;
      world.host("clients-" + host).run(() -> clients(server, part, firstKey, clients));
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
      ByteBuffer buffer = ByteBuffer.allocate(HEAD_BYTES + LENGTH_LIMIT);
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

  private static void clients(InetAddress server, Plan plan, int firstKey, int count)
      throws Exception {
    Fiber.sleep(Duration.ofMillis(50));
    Fiber<?>[] fibers = new Fiber<?>[count];
    for (int i = 0; i < count; i++) {
      Plan part = plan.part("client-" + i);
      int key = firstKey + i;
      fibers[i] = Fiber.start(() -> client(new InetSocketAddress(server, PORT), part, key));
    }
    for (Fiber<?> fiber : fibers) {
      fiber.join();
    }
    checkNothingOpen("clients");
  }

  private static void client(InetSocketAddress target, Plan plan, int key) throws Exception {
    try (UdpSocket socket = bind(0, plan)) {
      for (int burst = plan.between(1, 10); burst > 0; burst--) {
        int count = plan.between(1, 40);
        for (int i = 0; i < count; i++) {
          ask(socket, target, payload(key, burst * 100 + i), plan);
        }
        takeAnswers(socket, target, count, key, plan);
      }
    }
  }

  private static void ask(UdpSocket socket, InetSocketAddress target, byte[] payload, Plan plan) {
    try {
      socket.send(ByteBuffer.wrap(payload), target);
    } catch (IoException e) {
      check(plan.isRough(), "lost: " + e);
    }
  }

  /** As many as come within a second: a network may lose some, and may not change any. */
  private static void takeAnswers(
      UdpSocket socket, InetSocketAddress target, int count, int key, Plan plan) throws Exception {
    ByteBuffer buffer = ByteBuffer.allocate(2 * LENGTH_LIMIT);
    try {
      Cancellation.within(
          Duration.ofSeconds(1),
          () -> {
            for (int i = 0; i < count; i++) {
              InetSocketAddress source = socket.receive(buffer.clear());
              check(source.equals(target), socket.name() + " got something from " + source);
              checkAnswer(socket, buffer.flip(), key);
            }
            return true;
          });
    } catch (DeadlineExceededException _) {
      // Lost on the way.
    } catch (IoException e) {
      check(plan.isRough(), "lost: " + e);
    }
  }

  private static void checkAnswer(UdpSocket socket, ByteBuffer answer, int key) {
    check(answer.remaining() >= HEAD_BYTES, socket.name() + " got a datagram cut short");
    int of = answer.getInt(0);
    int number = answer.getInt(4);
    check(of == key, socket.name() + " of " + key + " got an answer to " + of);
    check(
        answer.equals(ByteBuffer.wrap(payload(key, number))),
        socket.name() + " got datagram " + number + " changed");
  }

  /** Whose it is, a number, and bytes that follow from both. */
  private static byte[] payload(int key, int number) {
    byte[] bytes = new byte[HEAD_BYTES + (key * 31 + number * 7) % LENGTH_LIMIT];
    new SplittableRandom((long) key << 32 | number).nextBytes(bytes);
    ByteBuffer.wrap(bytes).putInt(key).putInt(number);
    return bytes;
  }
}
