package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Task;
import gyre.io.IoException;
import gyre.net.ConnectOptions;
import gyre.net.ListenOptions;
import gyre.net.NetworkTimeoutException;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.World;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;

/** A peer that says nothing and takes nothing: every limit of time holds, none strikes early. */
final class Timeouts extends Weathered {
  private static final Duration LATE = Duration.ofSeconds(20);

  Timeouts() {
    super("timeouts", "read, write, idle, connect and other limits against a peer that is slow");
  }

  @Override
  void build(World world, Plan plan) {
    world.host("server").background(() -> serve(plan.part("server")));
    world
        .host("client")
        .run(() -> {
          try (Scope scope = Scope.open("client")) {
            for (int i = plan.between(1, 6); i > 0; i--) {
              Plan part = plan.part("client-" + i);
              scope.start("client-" + i, () -> client(part));
            }
            scope.join();
          }
          checkNothingOpen("client");
        });
  }

  /** Takes one byte, answers late with one, and then waits for the end. */
  private static void serve(Plan plan) {
    try (TcpListener listener = listen(PORT, ListenOptions.defaults(), plan)) {
      listener.serve(stream -> {
        ByteBuffer one = ByteBuffer.allocate(1);
        if (stream.read(one) > 0 && one.get(0) > 0) {
          Fiber.sleep(Duration.ofMillis(10L * one.get(0)));
          stream.write(one.flip());
          stream.await(1 << 16);
        } else if (one.position() > 0) {
          stream.pauseInput(); // or else the least progress, byte by byte, would be in time
          Fiber.sleep(Duration.ofMinutes(3)); // with the buffers full
        }
      });
    }
  }

  private static void client(Plan plan) throws Exception {
    Duration limit = plan.millis(20, 2_000);
    for (int i = plan.between(1, 4); i > 0; i--) {
      try {
        switch (plan.between(0, 5)) {
          case 0 -> reading(limit, plan);
          case 1 -> idling(limit);
          case 2 -> writing(limit);
          case 3 -> connecting(limit);
          case 4 -> within(limit);
          default -> inTime(plan);
        }
      } catch (IoException e) {
        if (!plan.isRough()) {
          throw e;
        }
      }
    }
  }

  /** Runs {@code work} that must be cut off when {@code limit} has passed. */
  private static void expect(
      Class<? extends RuntimeException> what, Duration limit, String who, Task work)
      throws Exception {
    Loop loop = Loop.current();
    long start = loop.nanoTime();
    try {
      work.run();
    } catch (RuntimeException e) {
      if (!what.isInstance(e)) {
        throw e;
      }
      long passed = loop.nanoTime() - start;
      check(passed >= limit.toNanos(), who + ": its limit of " + limit + " struck at " + passed);
      check(
          passed < limit.plus(LATE).toNanos(),
          who + ": its limit of " + limit + " struck as late as " + passed);
      return;
    }
    throw new AssertionError(who + ": its limit of " + limit + " did not strike");
  }

  private static TcpStream open(StreamOptions options, int first) {
    TcpStream stream = connect("server", options);
    stream.write(new byte[] {(byte) first});
    stream.flush();
    return stream;
  }

  private static void reading(Duration limit, Plan plan) throws Exception {
    try (TcpStream stream = open(StreamOptions.defaults().readTimeout(limit), 127)) {
      if (limit.toMillis() < 1_000) {
        ByteBuffer buffer = ByteBuffer.allocate(1);
        Class<NetworkTimeoutException> late = NetworkTimeoutException.class;
        expect(late, limit, stream.name(), () -> stream.read(buffer));
        Fiber.sleep(Duration.ofSeconds(2)); // no harm is done: it goes on
        if (!plan.isRough()) {
          check(stream.read(buffer) == 1, stream.name() + " does not go on after a timeout");
        }
      }
    }
  }

  private static void idling(Duration limit) throws Exception {
    if (limit.toMillis() > 1_000) {
      return;
    }
    try (TcpStream stream = open(StreamOptions.defaults().idleTimeout(limit), 127)) {
      Class<NetworkTimeoutException> late = NetworkTimeoutException.class;
      Duration less = limit.minusMillis(limit.toMillis() / 2 + 10);
      expect(late, less, stream.name(), () -> stream.read(ByteBuffer.allocate(1)));
    }
  }

  private static void writing(Duration limit) throws Exception {
    StreamOptions options = StreamOptions.defaults().writeTimeout(limit).closeTimeout(limit);
    try (TcpStream stream = open(options, -1)) {
      expect(
          NetworkTimeoutException.class,
          limit,
          stream.name(),
          () -> {
            byte[] much = new byte[64 * 1024];
            for (int i = 0; i < 200; i++) {
              stream.write(much);
            }
          });
    }
  }

  private static void connecting(Duration limit) throws Exception {
    InetSocketAddress nobody = new InetSocketAddress("10.99.9.9", PORT);
    ConnectOptions options = ConnectOptions.defaults().timeout(limit);
    expect(
        NetworkTimeoutException.class,
        limit,
        "connection to " + nobody,
        () -> TcpStream.connect(nobody, StreamOptions.defaults(), options));
  }

  private static void within(Duration limit) throws Exception {
    try (TcpStream stream = open(StreamOptions.defaults(), 127)) {
      if (limit.toMillis() < 1_000) {
        expect(
            DeadlineExceededException.class,
            limit,
            stream.name(),
            () -> Cancellation.within(limit, () -> stream.await(1)));
      }
    }
  }

  /** Limits that do not strike, and that nothing is left of afterwards. */
  private static void inTime(Plan plan) {
    Duration limit = plan.millis(60_000, 90_000);
    StreamOptions options =
        StreamOptions.defaults().idleTimeout(limit).readTimeout(limit).writeTimeout(limit);
    try (TcpStream stream = open(options, plan.between(1, 20))) {
      boolean came = stream.await(1);
      check(came || plan.isRough(), stream.name() + " ended without an answer");
    }
    if (plan.oneIn(2)) {
      Fiber.sleep(Duration.ofMinutes(3)); // longer than what was cancelled
    }
  }
}
