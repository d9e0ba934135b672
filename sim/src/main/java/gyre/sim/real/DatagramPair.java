package gyre.sim.real;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Scope;
import gyre.engine.Errno;
import gyre.io.ByteQueue;
import gyre.net.Datagram;
import gyre.net.NetworkException;
import gyre.net.UdpSocket;
import gyre.sim.real.Plan.Style;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One sends datagrams that say whose they are, and which, to another. Some may be lost, but what
 * arrives is whole, unchanged and in order.
 */
final class DatagramPair {
  private static final Duration QUIET = Duration.ofMillis(30);

  private final Run run;
  private final Connection connection;
  private final Plan.Pair plan;
  private final Flow flow;
  private int next;
  private boolean isSent;

  DatagramPair(Run run, Connection connection, Plan.Pair plan) {
    this.run = run;
    this.connection = connection;
    this.plan = plan;
    this.flow = connection.flow(false);
  }

  /** Both ends, on one loop. */
  void play(String host) throws Exception {
    try (Scope scope = Scope.open("datagrams " + connection.number());
        UdpSocket receiver = UdpSocket.bind(host, 0);
        UdpSocket sender = UdpSocket.bind(host, 0)) {
      Fiber<?> sending =
          scope.start(
              "sender",
              () -> {
                send(sender, receiver.localAddress());
                isSent = true;
              });
      if (plan.right().style() == Style.DIRECT) {
        receive(receiver, sender.localAddress());
      } else {
        receiver.onDatagram((payload, source) -> received(payload, source, sender.localAddress()));
      }
      Object ignored = sending.join();
      Fiber.sleep(QUIET);
    }
  }

  private void send(UdpSocket sender, InetSocketAddress to) throws Exception {
    List<Datagram> together = new ArrayList<>();
    for (int i = 0; i < plan.left().writes().size(); i++) {
      Step step = plan.left().writes().get(i);
      ByteBuffer payload = ByteBuffer.wrap(flow.datagram(i, step.bytes()));
      flow.wrote(step.bytes());
      if (step.kind() != Step.Kind.SEGMENTS && !together.isEmpty()) {
        unlessScarce(() -> sender.sendAll(together));
        together.clear();
      }
      switch (step.kind()) {
        case COPY, ARRAY -> unlessScarce(() -> sender.send(payload, to));
        case SEGMENTS -> together.add(Datagram.to(to, payload));
        case CANCELLED_WRITE -> cancelled(step, sender, payload, to);
        case PAUSE -> Fiber.sleep(Duration.ofNanos(step.micros() * 1_000L));
        default -> Fiber.yield();
      }
    }
  }

  /** Where memory is scarce a datagram is lost, and the sender is told. */
  private void unlessScarce(Runnable sending) {
    try {
      sending.run();
    } catch (NetworkException e) {
      if (!run.isScarce() || e.errno() != Errno.ENOBUFS.number()) {
        throw e;
      }
    }
  }

  private void cancelled(Step step, UdpSocket sender, ByteBuffer payload, InetSocketAddress to)
      throws Exception {
    try {
      Cancellation.within(
          Duration.ofNanos(step.micros() * 1_000L),
          () -> unlessScarce(() -> sender.send(payload, to)));
    } catch (DeadlineExceededException e) {
      // It was sent, or it was not.
    }
  }

  private void receive(UdpSocket receiver, InetSocketAddress from) throws Exception {
    ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
    for (boolean isQuiet = false; !isQuiet || !isSent; ) {
      try {
        isQuiet = isSent;
        InetSocketAddress source =
            Cancellation.within(QUIET, () -> receiver.receive(buffer.clear()));
        isQuiet = false;
        check(buffer.array(), buffer.position(), source, from);
        check(!receiver.lastTruncated(), "a datagram was cut");
      } catch (DeadlineExceededException e) {
        // None for now.
      }
    }
  }

  private void received(ByteQueue payload, InetSocketAddress source, InetSocketAddress from) {
    run.check(() -> {
      byte[] bytes = new byte[(int) payload.size()];
      int length = payload.read(bytes, 0, bytes.length);
      check(bytes, length, source, from);
    });
  }

  private void check(byte[] bytes, int length, InetSocketAddress source, InetSocketAddress from) {
    check(source.equals(from), "a datagram of " + source + ", and not of " + from);
    int index = flow.receiveDatagram(bytes, length);
    check(index >= next, "datagram " + index + " comes when " + next + " is due");
    int sent = plan.left().writes().get(index).bytes();
    check(length == sent, "datagram " + index + " has " + length + " of " + sent + " bytes");
    next = index + 1;
  }

  private void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError("connection " + connection.number() + ": " + what);
    }
  }
}
